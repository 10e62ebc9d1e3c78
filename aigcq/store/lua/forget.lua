-- forget: strike the files of a task off the record, once they are deleted; twice is as good as once.
--
-- KEYS    1 file    string
--         2 stored  zset    task id -> kept since, ms
-- ARGV    1 task_id  string
-- RETURN  1

local file, stored = KEYS[1], KEYS[2]
local task_id = ARGV[1]

redis.call('DEL', file)
redis.call('ZREM', stored, task_id)
return 1
