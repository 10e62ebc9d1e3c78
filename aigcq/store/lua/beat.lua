-- beat: say that this worker lives and what it last saw of the vendor; learn the time, the schema and whether to end.
--
-- It is noted when there last was no reason to wonder why nothing is claimed: something was, or could not be.
--
-- Consumers that are not, or no longer, on the list of those who live and hold nothing are removed
-- from the group: every process brings a new name.
--
-- USES clock
-- KEYS    1 workers    zset    consumer -> last beat, ms
--         2 vendor     hash
--         3 stream     stream
--         4 meta       hash
--         5 draining   zset    consumer -> since when it is to end, ms
--         6 queued     zset    task id -> dispatch score
--         7 permits    zset    task id -> granted, ms
--         8 limit      hash
-- ARGV    1 group      string
--         2 consumer   string
--         3 seen       JSON    what was seen of the vendor, as fields; may be empty
--         4 stale_ms   int     a consumer is forgotten after this
--         5 claimed    int     how many tasks this worker has claimed since its last beat
-- RETURN  {now, schema, when a pause may be probed or 0, 1 if it is to end}

local workers, vendor, stream, meta, draining = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local queued, permits, limit = KEYS[6], KEYS[7], KEYS[8]
local group    = ARGV[1]
local consumer = ARGV[2]
local seen     = cjson.decode(ARGV[3])
local stale_ms = tonumber(ARGV[4])
local claimed  = tonumber(ARGV[5])

local now = now_ms()
local new = redis.call('ZADD', workers, now, consumer) == 1

-- Whoever has just come may not have had the time to claim.
local function is_flowing()
    if new or claimed > 0 or redis.call('EXISTS', queued) == 0 then return true end
    if redis.call('HEXISTS', meta, 'paused') == 1 or redis.call('HEXISTS', meta, 'lanes_to') == 1 then return true end
    local threshold = tonumber(redis.call('HGET', limit, 'threshold'))
    return threshold ~= nil and redis.call('ZCARD', permits) >= threshold
end

if is_flowing() then redis.call('HSET', vendor, 'flowing_ms', now) end
for field, value in pairs(seen) do redis.call('HSET', vendor, field, value) end

redis.call('ZREMRANGEBYSCORE', workers, '-inf', now - stale_ms)
local consumers = redis.pcall('XINFO', 'CONSUMERS', stream, group)
if consumers.err then consumers = {} end -- a Redis that lost everything has no group until somebody claims
for _, info in ipairs(consumers) do
    local name, held = info[2], info[4]
    -- DELCONSUMER drops what the consumer still holds, so only when that is nothing.
    if held == 0 and not redis.call('ZSCORE', workers, name) then
        redis.call('XGROUP', 'DELCONSUMER', stream, group, name)
    end
end

for _, name in ipairs(redis.call('ZRANGE', draining, 0, -1)) do
    if not redis.call('ZSCORE', workers, name) then redis.call('ZREM', draining, name) end
end

local record = redis.call('HMGET', meta, 'schema', 'probe_at_ms')
local to_end = redis.call('ZSCORE', draining, consumer) and 1 or 0
return {now, tonumber(record[1]) or 0, tonumber(record[2]) or 0, to_end}
