-- requeue: put a failed task back, at its old place, as a new attempt.
--
-- USES events order ledger payment
-- KEYS    1 task       hash
--         2 request    string
--         3 result     string
--         4 stream     stream
--         5 queued     zset    task id -> dispatch score
--         6 ended      zset    task id -> ended, ms
--         7 dead       zset    failed task id -> ended, ms
--         8 permits    zset    task id -> granted, ms
--         9 quarantine zset    task id -> when its permit is given back, ms
--        10 overdue    zset    task id -> sent, ms
--        11 events     stream
--        12 meta       hash
--        13 passed     set     models of which tasks were passed
--        14 spend      hash    the ledger; its keys begin so
-- ARGV    1 task_id  string
--         2 failed   string  status of a task that failed
--         3 status   string  of a task that is queued
--         4 cap      int     of the events
--         5 day      string  of the ledger: yyyymmdd
-- RETURN  1 requeued | 0 it has not failed | -1 no such task

local task, request, result, stream, queued = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local ended, dead, permits, quarantine, overdue = KEYS[6], KEYS[7], KEYS[8], KEYS[9], KEYS[10]
local events, meta, passed, spend = KEYS[11], KEYS[12], KEYS[13], KEYS[14]
local task_id = ARGV[1]
local failed  = ARGV[2]
local status  = ARGV[3]
local cap     = tonumber(ARGV[4])
local day     = ARGV[5]

local record = redis.call('HMGET', task, 'status', 'score', 'model', 'erased_ms', 'cost_estimate', 'tenant')
if not record[1] or record[4] then return -1 end
if record[1] ~= failed then return 0 end

-- A person wants it: no budget refuses it, but it counts.
pay(spend, task, -1, 0) -- what a release without a ledger has ended is promised still
if record[5] then
    promise(spend, record[6] or '', day, record[5])
    redis.call('HSET', task, 'cost_committed', record[5], 'budget_day', day)
end

local entry_id = redis.call('XADD', stream, '*', 'task', task_id)
redis.call('PERSIST', task)
redis.call('PERSIST', request)
redis.call('HINCRBY', task, 'attempt', 1)
redis.call('HDEL', task, 'vendor_task_id', 'ambiguous', 'refused', 'sent_ms', 'submitted_ms', 'made_ms', 'started_ms',
    'ended_ms', 'error_code', 'progress', 'cancel_requested', 'deaths', 'start_by_ms', 'end_by_ms')
redis.call('DEL', result)
redis.call('HSET', task, 'status', status, 'entry', entry_id, 'tries', 0)
for _, place in ipairs({ended, dead, permits, quarantine, overdue}) do redis.call('ZREM', place, task_id) end
place(queued, meta, passed, task_id, record[2], record[3])
tell(events, cap, 'requeue', task_id, status)
return 1
