-- begin_submission: put on record that a vendor task may be created from now on.
--
-- It runs before every call that creates one. A second beginning of the same attempt is
-- ambiguous: what became of the first one is not on record, so it may have succeeded.
-- Several in a row stop the claims for a while (the breaker): the vendor is not well.
--
-- USES clock ownership bucket
-- KEYS    1 task       hash
--         2 stream     stream
--         3 leases     zset    task id -> lease deadline, ms
--         4 bucket     hash    tokens for creating vendor tasks
--         5 meta       hash
-- ARGV    1 group         string
--         2 consumer      string
--         3 task_id       string
--         4 entry_id      string
--         5 fence         int
--         6 phase         string  of a task that is being submitted
--         7 lease_ms      int
--         8 rate          float   tokens per second
--         9 burst         int
--        10 session_ms    int     how long a SessionId protects
--        11 breaker_ms    int     how long claims stop
-- RETURN  {"lost"} | {"wait", ms until there is a token} | {"expired"} | {"cancelled"} | {"overdue"} its deadline is over
--         | {"begun", now, when this attempt was first sent, ambiguous}

local task, stream, leases, bucket, meta = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local group      = ARGV[1]
local consumer   = ARGV[2]
local task_id    = ARGV[3]
local entry_id   = ARGV[4]
local fence      = tonumber(ARGV[5])
local phase      = ARGV[6]
local lease_ms   = tonumber(ARGV[7])
local rate       = tonumber(ARGV[8])
local burst      = tonumber(ARGV[9])
local session_ms = tonumber(ARGV[10])
local breaker_ms = tonumber(ARGV[11])

local SUSPICIOUS_IN_A_ROW = 3

if not owns(task, stream, group, consumer, entry_id, fence) then return {'lost'} end

local now = now_ms()
local record = redis.call('HMGET', task, 'phase', 'sent_ms', 'ambiguous', 'cancel_requested', 'end_by_ms')
local again = record[1] == phase or record[3] == '1'
local sent_ms = tonumber(record[2])

if not again and record[5] and tonumber(record[5]) <= now then return {'overdue'} end
if record[4] and not again then return {'cancelled'} end
if again then
    if sent_ms and now - sent_ms > session_ms then return {'expired'} end
    redis.call('HSET', task, 'phase', phase, 'ambiguous', 1)
    local wait = take_token(bucket, rate, burst, now) -- the first send was paid for by the claim
    if wait > 0 then return {'wait', wait} end
    if redis.call('HINCRBY', meta, 'unknown_in_a_row', 1) >= SUSPICIOUS_IN_A_ROW then
        redis.call('HSET', meta, 'breaker_until_ms', now + breaker_ms)
    end
end

redis.call('HSETNX', task, 'sent_ms', now)
redis.call('HSET', task, 'phase', phase)
redis.call('ZADD', leases, 'XX', now + lease_ms, task_id)
return {'begun', now, sent_ms or now, again and 1 or 0}
