-- measure: say how old is what the vendor was sent for many deliveries; raise the alarm for each that is overdue, once.
--
-- The vendor forgets. What it has accepted counts from when that was made at the earliest, a submission
-- of unknown outcome from its first send. The alarm is told before it is put on record: a script that
-- stops between the two tells it twice, and never not at all.
--
-- USES clock ownership events
-- KEYS    1 stream     stream
--         2 overdue    zset    task id -> sent, ms
--         3 events     stream
-- ARGV    1 group        string
--         2 consumer     string
--         3 task_prefix  string
--         4 alarm_ms     int     what is older is overdue
--         5 status       string  of a task that is processing
--         6 cause        string  of the alarm
--         7 cap          int     of the events
--         8 deliveries   JSON    [[task id, entry id, fence], ...]
-- RETURN  for each delivery {age in ms, or -1 if nothing was sent or it was lost; 1 if the alarm was raised just now}

local stream, overdue, events = KEYS[1], KEYS[2], KEYS[3]
local group       = ARGV[1]
local consumer    = ARGV[2]
local task_prefix = ARGV[3]
local alarm_ms    = tonumber(ARGV[4])
local status      = ARGV[5]
local cause       = ARGV[6]
local cap         = tonumber(ARGV[7])
local deliveries  = cjson.decode(ARGV[8])

local now = now_ms()

local function raise_alarm(task_id, sent_ms)
    if redis.call('ZSCORE', overdue, task_id) then return 0 end
    tell(events, cap, 'alarm', task_id, status, 'cause', cause)
    redis.call('ZADD', overdue, sent_ms, task_id)
    return 1
end

local answers = {}
for i, delivery in ipairs(deliveries) do
    local task_id, entry_id, fence = delivery[1], delivery[2], tonumber(delivery[3])
    local task = task_prefix .. task_id
    answers[i] = {-1, 0}
    if owns(task, stream, group, consumer, entry_id, fence) then
        local times = redis.call('HMGET', task, 'made_ms', 'sent_ms')
        local sent_ms = tonumber(times[1]) or tonumber(times[2])
        if sent_ms then
            local age_ms = math.max(0, now - sent_ms)
            answers[i] = {age_ms, age_ms >= alarm_ms and raise_alarm(task_id, sent_ms) or 0}
        end
    end
end
return answers
