-- prepare: make sure that the consumer group exists, and learn which schema the queue has.
--
-- A script, because XGROUP CREATE is refused at `maxmemory`, where a worker that starts must be able to end work.
--
-- KEYS    1 stream     stream
--         2 meta       hash
-- ARGV    1 group    string
--         2 schema   int     of a queue that has none yet
-- RETURN  the schema

local stream, meta = KEYS[1], KEYS[2]
local group  = ARGV[1]
local schema = tonumber(ARGV[2])

local made = redis.pcall('XGROUP', 'CREATE', stream, group, '0', 'MKSTREAM')
if made.err and not string.find(made.err, '^BUSYGROUP') then return made end
redis.call('HSETNX', meta, 'schema', schema)
return tonumber(redis.call('HGET', meta, 'schema'))
