-- record_submission: store the vendor task id; the submission's outcome is known now, and the law is told.
--
-- USES clock ownership events limit outbox
-- KEYS    1 task       hash
--         2 stream     stream
--         3 meta       hash
--         4 events     stream
--         5 permits    zset    task id -> granted, ms
--         6 unanswered zset    task id -> granted, ms
--         7 limit      hash
--         8 history    stream
--         9 outbox     zset    <task id>:<moment> -> when it is delivered next, ms
--        10 queued     zset    task id -> dispatch score
--        11 starts     zset    task id -> when the vendor took it while others waited, ms
-- ARGV    1 group           string
--         2 consumer        string
--         3 task_id         string
--         4 entry_id        string
--         5 fence           int
--         6 vendor_task_id  string
--         7 made_ms         int     when it was made at the earliest, 0 for now; the vendor's memory runs from then on
--         8 status          string  of a task that is processing
--         9 phase           string  of a task that runs at the vendor
--        10 law             JSON
--        11 cap             int     of the events
-- RETURN  when it was recorded, ms | 0 lost

local task, stream, meta, events = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local permits, unanswered, limit, history, outbox = KEYS[5], KEYS[6], KEYS[7], KEYS[8], KEYS[9]
local queued, starts = KEYS[10], KEYS[11]
local group          = ARGV[1]
local consumer       = ARGV[2]
local task_id        = ARGV[3]
local entry_id       = ARGV[4]
local fence          = tonumber(ARGV[5])
local vendor_task_id = ARGV[6]
local made_ms        = tonumber(ARGV[7])
local status         = ARGV[8]
local phase          = ARGV[9]
local law            = cjson.decode(ARGV[10])
local cap            = tonumber(ARGV[11])

local MOST_STARTS, STARTS_MS = 100, 3600000

if not owns(task, stream, group, consumer, entry_id, fence) then return 0 end

local now = now_ms()
local record = redis.call('HMGET', task, 'attempt', 'begun_ms', 'queued_ms', 'created_ms')
redis.call('HSET', task, 'vendor_task_id', vendor_task_id, 'phase', phase, 'submitted_ms', now,
    'made_ms', made_ms > 0 and made_ms or now)
redis.call('HSETNX', task, 'begun_ms', now)
redis.call('HDEL', task, 'ambiguous')
redis.call('HDEL', meta, 'unknown_in_a_row', 'breaker_until_ms')
local at = {limit = limit, history = history, events = events, permits = permits, unanswered = unanswered, cap = cap}
limit_tell(at, law, 'accepted', task, task_id, 0, now)
post(outbox, task, task_id, 'start', now)
if redis.call('EXISTS', queued) == 1 then -- how fast the queue moves shows only while somebody waits in it
    redis.call('ZADD', starts, now, task_id)
    redis.call('ZREMRANGEBYRANK', starts, 0, -MOST_STARTS - 1)
    redis.call('PEXPIRE', starts, STARTS_MS)
end
local waited_ms = record[2] and '' or math.max(0, now - tonumber(record[3] or record[4] or now)) -- the first time only
tell(events, cap, 'submit', task_id, status, 'phase', phase, 'fence', fence, 'attempt', record[1] or 1,
    'vendor_task', vendor_task_id, 'waited_ms', waited_ms)
return now
