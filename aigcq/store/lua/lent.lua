-- lent: read which tasks are on their way to another account, and nobody has seen to them for a while.
--
-- USES clock
-- KEYS    1 leaving  zset    task id -> when it was last seen to, ms
-- ARGV    1 older_ms  int
--         2 count     int     at most this many
-- RETURN  {task id...}

local leaving = KEYS[1]
local older_ms = tonumber(ARGV[1])
local count    = tonumber(ARGV[2])

return redis.call('ZRANGEBYSCORE', leaving, '-inf', now_ms() - older_ms, 'LIMIT', 0, count)
