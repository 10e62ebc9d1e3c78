-- record_progress: publish how far the vendor says it is.
--
-- USES ownership events
-- KEYS    1 task       hash
--         2 stream     stream
--         3 events     stream
-- ARGV    1 group      string
--         2 consumer   string
--         3 task_id    string
--         4 entry_id   string
--         5 fence      int
--         6 progress   int     percent
--         7 status     string  of a task that is processing
--         8 cap        int     of the events
-- RETURN  1 recorded | 0 lost

local task, stream, events = KEYS[1], KEYS[2], KEYS[3]
local group    = ARGV[1]
local consumer = ARGV[2]
local task_id  = ARGV[3]
local entry_id = ARGV[4]
local fence    = tonumber(ARGV[5])
local progress = tonumber(ARGV[6])
local status   = ARGV[7]
local cap      = tonumber(ARGV[8])

if not owns(task, stream, group, consumer, entry_id, fence) then return 0 end

redis.call('HSET', task, 'progress', progress)
tell(events, cap, 'progress', task_id, status, 'progress', progress, 'fence', fence)
return 1
