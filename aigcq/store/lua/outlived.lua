-- outlived: list tasks whose files have been kept for long enough, the oldest first.
--
-- USES clock
-- KEYS    1 stored  zset  task id -> kept since, ms
-- ARGV    1 retention_ms  int
--         2 count         int
-- RETURN  task ids

local stored = KEYS[1]
local retention_ms = tonumber(ARGV[1])
local count        = tonumber(ARGV[2])

return redis.call('ZRANGEBYSCORE', stored, '-inf', now_ms() - retention_ms, 'LIMIT', 0, count)
