-- beat: say that this worker lives and what it last saw of the vendor; learn the time, the schema and whether to end.
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
-- ARGV    1 group      string
--         2 consumer   string
--         3 seen       JSON    what was seen of the vendor, as fields; may be empty
--         4 stale_ms   int     a consumer is forgotten after this
-- RETURN  {now, schema, when a pause may be probed or 0, 1 if it is to end}

local workers, vendor, stream, meta, draining = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local group    = ARGV[1]
local consumer = ARGV[2]
local seen     = cjson.decode(ARGV[3])
local stale_ms = tonumber(ARGV[4])

local now = now_ms()
redis.call('ZADD', workers, now, consumer)
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
