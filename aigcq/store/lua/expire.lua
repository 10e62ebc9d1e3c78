-- expire: fail what should have begun, or be over, by now and was not begun; ask for the end of what runs.
--
-- What the vendor has been sent may be paid for: its end is the vendor's, and its video is the client's.
--
-- USES clock events order outbox tenants payment backlog
-- KEYS    1 deadlines  zset    task id -> when it must have started or ended, ms
--         2 queued     zset    task id -> dispatch score
--         3 waiting    zset    task id -> due, ms
--         4 stream     stream
--         5 ended      zset    task id -> ended, ms
--         6 dead       zset    failed task id -> ended, ms
--         7 outbox     zset    <task id>:<moment> -> when it is delivered next, ms
--         8 events     stream
--         9 spend      hash    the ledger; its keys begin so
--        10 meta       hash
--        11 lanes      set     models of which tasks were passed
-- ARGV    1 task_prefix  string
--         2 count        int     at most this many
--         3 queued_as    string  status of a task that is queued
--         4 processing   string  status of a task that is processing
--         5 event        string
--         6 status       string  the one that `event` leads to
--         7 error_code   string
--         8 json         string  the error
--         9 json_paid    string  the error, if an attempt was made before, which may have been charged
--        10 ttl_ms       int     how long the record is kept
--        11 cap          int     of the events
--        12 spare_ms     int     how long the picture is kept, for a remix or a requeue
-- RETURN  how many deadlines were over

local deadlines, queued, waiting, stream = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local ended, dead, outbox, events, spend = KEYS[5], KEYS[6], KEYS[7], KEYS[8], KEYS[9]
local meta, lanes = KEYS[10], KEYS[11]
local task_prefix = ARGV[1]
local count       = tonumber(ARGV[2])
local queued_as   = ARGV[3]
local processing  = ARGV[4]
local event       = ARGV[5]
local status      = ARGV[6]
local error_code  = ARGV[7]
local json        = ARGV[8]
local json_paid   = ARGV[9]
local ttl_ms      = tonumber(ARGV[10])
local cap         = tonumber(ARGV[11])
local spare_ms    = tonumber(ARGV[12])

local now = now_ms()
local order = order_of(queued, meta, lanes)

local function fail(task, task_id, entry_id)
    pay(spend, task, 0, 0)
    post(outbox, task, task_id, 'end', now)
    local attempt = tonumber(redis.call('HGET', task, 'attempt')) or 1
    redis.call('SET', task .. ':result', attempt > 1 and json_paid or json, 'PX', ttl_ms)
    redis.call('HSET', task, 'status', status, 'ended_ms', now, 'error_code', error_code)
    redis.call('HDEL', task, 'due_ms')
    redis.call('PEXPIRE', task, ttl_ms)
    redis.call('PEXPIRE', task .. ':request', ttl_ms)
    redis.call('PEXPIRE', task .. ':upload', spare_ms, 'LT')
    redis.call('ZADD', dead, now, task_id)
    leave(order, task, task_id)
    redis.call('ZREM', waiting, task_id)
    redis.call('XDEL', stream, entry_id)
    redis.call('ZADD', ended, now, task_id)
    enlist(ended, tenant_of(task), task_id, now)
    has_ended(stream, task, task_id)
    tell(events, cap, event, task_id, status, 'code', error_code)
end

local function ask_for_end(task, task_id)
    if redis.call('HSET', task, 'cancel_requested', 1) == 1 then
        tell(events, cap, 'cancel_request', task_id, processing)
    end
end

local over = redis.call('ZRANGEBYSCORE', deadlines, '-inf', now, 'LIMIT', 0, count)
for _, task_id in ipairs(over) do
    local task = task_prefix .. task_id
    local record = redis.call('HMGET', task, 'status', 'entry', 'started_ms', 'start_by_ms', 'end_by_ms')
    local start_by, end_by = tonumber(record[4]), tonumber(record[5])
    local too_late = end_by and end_by <= now
    redis.call('ZREM', deadlines, task_id)
    if record[1] == queued_as and (too_late or start_by and start_by <= now and not record[3]) then
        fail(task, task_id, record[2])
    elseif record[1] == processing and too_late then
        ask_for_end(task, task_id)
    elseif end_by and not too_late and (record[1] == queued_as or record[1] == processing) then
        redis.call('ZADD', deadlines, end_by, task_id)
    end
end
return #over
