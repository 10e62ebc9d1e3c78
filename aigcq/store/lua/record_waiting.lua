-- record_waiting: tell the law that the vendor lets a task wait instead of running it.
--
-- USES clock ownership limit
-- KEYS    1 task       hash
--         2 stream     stream
--         3 permits    zset    task id -> granted, ms
--         4 unanswered zset    task id -> granted, ms
--         5 limit      hash
--         6 history    stream
--         7 events     stream
-- ARGV    1 group      string
--         2 consumer   string
--         3 task_id    string
--         4 entry_id   string
--         5 fence      int
--         6 news       string
--         7 law        JSON
--         8 cap        int     of the events
-- RETURN  1 recorded | 0 lost

local task, stream, permits, unanswered = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local limit, history, events = KEYS[5], KEYS[6], KEYS[7]
local group    = ARGV[1]
local consumer = ARGV[2]
local task_id  = ARGV[3]
local entry_id = ARGV[4]
local fence    = tonumber(ARGV[5])
local news     = ARGV[6]
local law      = cjson.decode(ARGV[7])
local cap      = tonumber(ARGV[8])

if not owns(task, stream, group, consumer, entry_id, fence) then return 0 end

local at = {limit = limit, history = history, events = events, permits = permits, unanswered = unanswered, cap = cap}
limit_tell(at, law, news, task, task_id, 0, now_ms())
return 1
