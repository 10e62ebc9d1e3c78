-- retry: end a delivery and put its task back, at its old place or in `waiting` first.
--
-- The entry stays in the stream, so the task is never out of it.
--
-- USES clock ownership events order limit payment
-- KEYS    1 task       hash
--         2 stream     stream
--         3 queued     zset    task id -> dispatch score
--         4 waiting    zset    task id -> due, ms
--         5 leases     zset    task id -> lease deadline, ms
--         6 permits    zset    task id -> granted, ms
--         7 limit      hash
--         8 history    stream
--         9 meta       hash
--        10 overdue    zset    task id -> sent, ms
--        11 events     stream
--        12 unanswered zset    task id -> granted, ms
--        13 lanes      set     models of which tasks were passed
--        14 spend      hash    the ledger; its keys begin so
-- ARGV    1 group          string
--         2 consumer       string
--         3 task_id        string
--         4 entry_id       string
--         5 fence          int
--         6 event          string
--         7 status         string  of a task that is queued
--         8 delay_ms       int     0 for its old place at once
--         9 next_attempt   int     1 if the vendor said that this attempt failed
--        10 tried          int     1 if it counts as a try
--        11 error_code     string  why
--        12 news           string  what the law must hear of its permit; empty if nothing
--        13 ended_ms       int     for how long the vendor task is over, if it is
--        14 law            JSON
--        15 breaker_ms     int     longest stop of the claims if the vendor could not be reached; 0 if it could
--        16 cap            int     of the events
--        17 charged        int     1 if the attempt that ends is paid
-- RETURN  1 put back | 2 a cancel was requested: settle it instead | 0 lost

local task, stream, queued, waiting, leases = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local permits, limit, history, meta, overdue = KEYS[6], KEYS[7], KEYS[8], KEYS[9], KEYS[10]
local events, unanswered, lanes, spend = KEYS[11], KEYS[12], KEYS[13], KEYS[14]
local group        = ARGV[1]
local consumer     = ARGV[2]
local task_id      = ARGV[3]
local entry_id     = ARGV[4]
local fence        = tonumber(ARGV[5])
local event        = ARGV[6]
local status       = ARGV[7]
local delay_ms     = tonumber(ARGV[8])
local next_attempt = tonumber(ARGV[9])
local tried        = tonumber(ARGV[10])
local error_code   = ARGV[11]
local news         = ARGV[12]
local ended_ms     = tonumber(ARGV[13])
local law          = cjson.decode(ARGV[14])
local breaker_ms   = tonumber(ARGV[15])
local cap          = tonumber(ARGV[16])
local charged      = tonumber(ARGV[17])

if not owns(task, stream, group, consumer, entry_id, fence) then return 0 end

local now = now_ms()
local record = redis.call('HMGET', task, 'cancel_requested', 'ambiguous')
local at = {
    limit = limit, history = history, events = events, permits = permits, unanswered = unanswered, cap = cap,
    queued = queued,
}
-- A refusal is news for the law, whatever becomes of the task.
if news ~= '' then limit_tell(at, law, news, task, task_id, ended_ms, now) end
if record[1] then return 2 end

if charged == 1 then charge(spend, task) end
redis.call('HINCRBY', task, 'tries', tried)
if next_attempt == 1 then
    redis.call('HINCRBY', task, 'attempt', 1)
    redis.call('HDEL', task, 'refused', 'ambiguous', 'sent_ms')
elseif not record[2] then -- an unknown outcome stays unknown: what was said of a later send does not end it
    redis.call('HSET', task, 'refused', 1) -- its SessionId was seen by the vendor, which created nothing
    redis.call('HDEL', task, 'sent_ms')
end
redis.call('HDEL', task, 'phase', 'consumer', 'progress', 'submitted_ms', 'made_ms', 'vendor_task_id', 'permit')
redis.call('HDEL', task, 'unproven', 'deaths') -- this worker has outlived it: deaths in a row begin anew
redis.call('HSET', task, 'status', status, 'error_code', error_code)
if delay_ms > 0 then
    redis.call('HSET', task, 'due_ms', now + delay_ms)
    redis.call('ZADD', waiting, now + delay_ms, task_id)
else
    come_back(order_of(queued, meta, lanes), task, task_id)
end

redis.call('XACK', stream, group, entry_id)
redis.call('ZREM', leases, task_id)
for _, place in ipairs({permits, unanswered}) do redis.call('ZREM', place, task_id) end
redis.call('ZREM', overdue, task_id)
if breaker_ms > 0 then
    local in_a_row = redis.call('HINCRBY', meta, 'unknown_in_a_row', 1)
    redis.call('HSET', meta, 'breaker_until_ms', now + math.min(breaker_ms, 500 * 2 ^ math.min(in_a_row, 20)))
else
    redis.call('HDEL', meta, 'unknown_in_a_row')
end
tell(events, cap, event, task_id, status, 'code', error_code, 'fence', fence, 'next', next_attempt)
return 1
