-- release: give the permit of an ended vendor task back, before its video is stored, and tell the law.
--
-- A slow disk must not hold a slot that the account could use.
--
-- USES clock ownership events limit durations
-- KEYS    1 task       hash
--         2 stream     stream
--         3 permits    zset    task id -> granted, ms
--         4 events     stream
--         5 unanswered zset    task id -> granted, ms
--         6 limit      hash
--         7 history    stream
--         8 sketch     hash    how long vendor tasks of this kind take
-- ARGV    1 group      string
--         2 consumer   string
--         3 task_id    string
--         4 entry_id   string
--         5 fence      int
--         6 status     string  of a task that is processing
--         7 phase      string  of a task whose video is being stored
--         8 ended_ms   int     for how long it is over
--         9 law        JSON
--        10 cap        int     of the events
--        11 terms      JSON    of the sketch; empty if the duration is of no kind
--        12 took_ms    int     by the vendor's clock; 0 if it does not say
-- RETURN  1 released | 0 lost

local task, stream, permits, events = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local unanswered, limit, history, sketch = KEYS[5], KEYS[6], KEYS[7], KEYS[8]
local group    = ARGV[1]
local consumer = ARGV[2]
local task_id  = ARGV[3]
local entry_id = ARGV[4]
local fence    = tonumber(ARGV[5])
local status   = ARGV[6]
local phase    = ARGV[7]
local ended_ms = tonumber(ARGV[8])
local law      = cjson.decode(ARGV[9])
local cap      = tonumber(ARGV[10])
local terms    = ARGV[11] ~= '' and cjson.decode(ARGV[11])
local took_ms  = tonumber(ARGV[12])

if not owns(task, stream, group, consumer, entry_id, fence) then return 0 end

local record, now = redis.call('HMGET', task, 'phase', 'made_ms'), now_ms()
local at = {limit = limit, history = history, events = events, permits = permits, unanswered = unanswered, cap = cap}
if record[1] ~= phase then limit_tell(at, law, 'ended', task, task_id, ended_ms, now) end -- once: heirs release again
redis.call('HSET', task, 'phase', phase, 'progress', 100)
local made_ms = tonumber(record[2])
local told_ms = record[1] ~= phase and made_ms and (took_ms > 0 and took_ms or math.max(0, now - made_ms)) or ''
tell(events, cap, 'release', task_id, status, 'phase', phase, 'fence', fence, 'took_ms', told_ms)
-- Last, for it may be missing; and once, however often a task is released.
if terms and made_ms and record[1] ~= phase then
    observe(sketch, terms, took_ms > 0 and took_ms or now - made_ms)
end
return 1
