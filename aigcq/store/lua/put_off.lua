-- put_off: let a file that cannot be deleted from here be looked at later, and remember until then where it lies.
--
-- USES clock
-- KEYS    1 file    string
--         2 stored  zset    task id -> kept since, ms
-- ARGV    1 task_id       string
--         2 retention_ms  int
--         3 later_ms      int
--         4 ttl_ms        int     of the file
-- RETURN  1 put off | 0 it is forgotten already

local file, stored = KEYS[1], KEYS[2]
local task_id      = ARGV[1]
local retention_ms = tonumber(ARGV[2])
local later_ms     = tonumber(ARGV[3])
local ttl_ms       = tonumber(ARGV[4])

if not redis.call('ZSCORE', stored, task_id) then return 0 end

redis.call('ZADD', stored, now_ms() - retention_ms + later_ms, task_id)
redis.call('PEXPIRE', file, ttl_ms)
return 1
