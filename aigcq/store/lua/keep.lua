-- keep: put on record that the video of a delivery is kept: a late worker's copy does not count.
--
-- USES clock ownership
-- KEYS    1 task    hash
--         2 stream  stream
--         3 file    string
--         4 stored  zset    task id -> kept since, ms
-- ARGV    1 group         string
--         2 consumer      string
--         3 task_id       string
--         4 entry_id      string
--         5 fence         int
--         6 json          string  what is kept
--         7 ttl_ms        int     0: for ever
-- RETURN  1 on record | 0 lost

local task, stream, file, stored = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local group        = ARGV[1]
local consumer     = ARGV[2]
local task_id      = ARGV[3]
local entry_id     = ARGV[4]
local fence        = tonumber(ARGV[5])
local json         = ARGV[6]
local ttl_ms       = tonumber(ARGV[7])

if not owns(task, stream, group, consumer, entry_id, fence) then return 0 end

redis.call('SET', file, json)
if ttl_ms > 0 then redis.call('PEXPIRE', file, ttl_ms) end
redis.call('ZADD', stored, now_ms(), task_id)
return 1
