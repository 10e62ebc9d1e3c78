-- key_add: put an API key on record; from the first one on, whoever has none is refused, for good.
--
-- USES clock
-- KEYS    1 key   hash
--         2 keys  zset  key id -> created, ms
--         3 meta  hash
-- ARGV    1 key_id   string
--         2 record   JSON    hash, tenant, name, scopes
--         3 life_ms  int     after that it has expired; 0: never
-- RETURN  when it was created, ms

local key, keys, meta = KEYS[1], KEYS[2], KEYS[3]
local key_id  = ARGV[1]
local record  = cjson.decode(ARGV[2])
local life_ms = tonumber(ARGV[3])

local now = now_ms()
local fields = {'created_ms', now, 'expires_ms', life_ms > 0 and now + life_ms or 0}
for field, value in pairs(record) do
    table.insert(fields, field)
    table.insert(fields, value)
end
redis.call('HSETNX', meta, 'keyed_ms', now) -- before the key: nobody has one while the service is open
redis.call('HSET', key, unpack(fields))
redis.call('ZADD', keys, now, key_id)
return now
