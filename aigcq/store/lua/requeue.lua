-- requeue: put a failed task back, at its old place, as a new attempt.
--
-- USES events order tenants ledger budget payment backlog
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
--        13 lanes      set     models of which tasks were passed
--        14 spend      hash    the ledger; its keys begin so
-- ARGV    1 task_id  string
--         2 failed   string  status of a task that failed
--         3 status   string  of a task that is queued
--         4 cap      int     of the events
--         5 sees     string  a tenant, or "*" for everyone's
--         6 day      string  of the ledger: yyyymmdd
--         7 money    string  as for `enqueue`: what budgets of the account say
-- RETURN  1 requeued | 0 it has not failed | -1 no such task | {"unpriced"} or {"broke", ...} as `enqueue` answers

local task, request, result, stream, queued = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local ended, dead, permits, quarantine, overdue = KEYS[6], KEYS[7], KEYS[8], KEYS[9], KEYS[10]
local events, meta, lanes, spend = KEYS[11], KEYS[12], KEYS[13], KEYS[14]
local task_id = ARGV[1]
local failed  = ARGV[2]
local status  = ARGV[3]
local cap     = tonumber(ARGV[4])
local sees    = ARGV[5]
local day     = ARGV[6]
local money   = ARGV[7]

if hidden(task, sees) then return -1 end
local record = redis.call('HMGET', task, 'status', 'erased_ms', 'cost_estimate', 'tenant')
if not record[1] or record[2] then return -1 end
if record[1] ~= failed then return 0 end

-- The operator wants it: no budget refuses it, but it counts. A tenant may spend by it no more than by a new task.
if sees ~= '*' then
    local price = terms_of(money)
    price.estimate = tonumber(record[3] or -1)
    local own = beside(order_of(queued, meta, lanes), 'tenant:' .. (record[4] or ''))
    local refusal = unaffordable(spend, own, record[4] or '', price)
    if refusal then return refusal end
end
pay(spend, task, -1, 0) -- what a release without a ledger has ended is promised still
if record[3] then
    promise(spend, record[4] or '', day, record[3])
    redis.call('HSET', task, 'cost_committed', record[3], 'budget_day', day)
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
enlist(ended, tenant_of(task), task_id, open_at(tonumber(redis.call('HGET', meta, 'seq') or 0), true))
come_back(order_of(queued, meta, lanes), task, task_id)
has_begun(stream, redis.call('HGET', task, 'tenant'), task_id)
tell(events, cap, 'requeue', task_id, status)
return 1
