-- beat: say that this worker lives and what it last saw of the vendor; learn the time and the schema.
--
-- Consumers that were not seen for a long time and hold nothing are removed from the group.
--
-- USES clock
-- KEYS    1 workers    zset    consumer -> last beat, ms
--         2 vendor     hash
--         3 stream     stream
--         4 meta       hash
-- ARGV    1 group      string
--         2 consumer   string
--         3 vendor     JSON    what was seen of the vendor, as fields; may be empty
--         4 stale_ms   int     a consumer is forgotten after this
-- RETURN  {now, schema, when a pause may be probed or 0}

local workers, vendor, stream, meta = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local group    = ARGV[1]
local consumer = ARGV[2]
local seen     = cjson.decode(ARGV[3])
local stale_ms = tonumber(ARGV[4])

local now = now_ms()
redis.call('ZADD', workers, now, consumer)
for field, value in pairs(seen) do redis.call('HSET', vendor, field, value) end

for _, gone in ipairs(redis.call('ZRANGEBYSCORE', workers, '-inf', now - stale_ms)) do
    redis.call('ZREM', workers, gone)
    -- DELCONSUMER drops what the consumer still holds, so only when that is nothing.
    if #redis.call('XPENDING', stream, group, '-', '+', 1, gone) == 0 then
        redis.call('XGROUP', 'DELCONSUMER', stream, group, gone)
    end
end

local record = redis.call('HMGET', meta, 'schema', 'probe_at_ms')
return {now, tonumber(record[1]) or 0, tonumber(record[2]) or 0}
