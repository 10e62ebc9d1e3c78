-- cancel: end a task that has not started; ask for the end of one that has.
--
-- USES clock events order outbox tenants payment backlog
-- KEYS    1 task       hash
--         2 request    string
--         3 stream     stream
--         4 queued     zset    task id -> dispatch score
--         5 waiting    zset    task id -> due, ms
--         6 ended      zset    task id -> ended, ms
--         7 events     stream
--         8 outbox     zset    <task id>:<moment> -> when it is delivered next, ms
--         9 upload     string
--        10 spend      hash    the ledger; its keys begin so
--        11 meta       hash
--        12 lanes      set     models of which tasks were passed
--        13 leaving    zset    task id -> when it was last seen to, ms; what is on its way to another account
-- ARGV    1 task_id     string
--         2 queued_as   string  status of a task that is queued
--         3 processing  string  status of a task that is processing
--         4 status      string  of a task that was cancelled
--         5 ttl_ms      int     how long the record is kept
--         6 cap         int     of the events
--         7 spare_ms    int     how long the picture is kept, for a remix
--         8 sees        string  a tenant, or "*" for everyone's
-- RETURN  "cancelled" | "cancel_requested" | "too_late" | "moving" it may be in another account by now | "" no such task

local task, request, stream, queued, waiting = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local ended, events, outbox, upload, spend = KEYS[6], KEYS[7], KEYS[8], KEYS[9], KEYS[10]
local meta, lanes, leaving = KEYS[11], KEYS[12], KEYS[13]
local task_id    = ARGV[1]
local queued_as  = ARGV[2]
local processing = ARGV[3]
local status     = ARGV[4]
local ttl_ms     = tonumber(ARGV[5])
local cap        = tonumber(ARGV[6])
local spare_ms   = tonumber(ARGV[7])
local sees       = ARGV[8]

if hidden(task, sees) then return '' end
local record = redis.call('HMGET', task, 'status', 'entry', 'erased_ms')
if not record[1] or record[3] then return '' end
if record[1] == processing then
    redis.call('HSET', task, 'cancel_requested', 1)
    tell(events, cap, 'cancel_request', task_id, processing)
    return 'cancel_requested'
end
if record[1] == status then return 'cancelled' end -- a repeated call is answered like the first
if record[1] ~= queued_as then return 'too_late' end
if redis.call('ZSCORE', leaving, task_id) then return 'moving' end

local now = now_ms()
pay(spend, task, 0, 0)
post(outbox, task, task_id, 'end', now)
redis.call('HSET', task, 'status', status, 'ended_ms', now)
redis.call('HDEL', task, 'due_ms', 'error_code')
redis.call('PEXPIRE', task, ttl_ms)
redis.call('PEXPIRE', request, ttl_ms)
redis.call('PEXPIRE', upload, spare_ms, 'LT')
leave(order_of(queued, meta, lanes), task, task_id)
redis.call('ZREM', waiting, task_id)
redis.call('XDEL', stream, record[2])
redis.call('ZADD', ended, now, task_id)
enlist(ended, tenant_of(task), task_id, now)
has_ended(stream, task, task_id)
tell(events, cap, 'cancel', task_id, status)
return 'cancelled'
