-- left: a lent task has arrived in another account; what stays is where it went.
--
-- What stays looks like a task that was erased, to the release before as well: nobody finds it here, an
-- Idempotency-Key that names it is still answered with its id, and it cannot be enqueued here again.
--
-- USES clock events tenants payment backlog
-- KEYS    1 task     hash
--         2 request  string
--         3 upload   string
--         4 uploads  zset    task or file id -> when its picture is gone at the latest, ms
--         5 leaving  zset    task id -> when it was last seen to, ms
--         6 events   stream
--         7 ended    zset    task id -> ended, ms
--         8 spend    hash    the ledger; its keys begin so
--         9 stream   stream
-- ARGV    1 task_id    string
--         2 queued_as  string  status of a task that is queued
--         3 status     string  of what stays
--         4 ttl_ms     int     how long it stays
--         5 cap        int     of the events
-- RETURN  1 it has left | 0 it was not lent

local task, request, upload, uploads, leaving, events = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local ended, spend, stream = KEYS[7], KEYS[8], KEYS[9]
local task_id   = ARGV[1]
local queued_as = ARGV[2]
local status    = ARGV[3]
local ttl_ms    = tonumber(ARGV[4])
local cap       = tonumber(ARGV[5])

if not redis.call('ZSCORE', leaving, task_id) then return 0 end

local now = now_ms()
pay(spend, task, 0, 0) -- it is promised where it has arrived
local moved_to = redis.call('HGET', task, 'moving_to') or redis.call('HGET', task, 'moved_to') or ''
redis.call('HSET', task, 'status', status, 'erased_ms', now, 'moved_to', moved_to)
redis.call('PEXPIRE', task, ttl_ms)
redis.call('HDEL', task, 'webhook', 'webhook_all', 'moving_to')
redis.call('DEL', request, upload)
redis.call('ZREM', uploads, task_id)
delist(ended, tenant_of(task), task_id)
has_ended(stream, task, task_id)
tell(events, cap, 'move', task_id, queued_as, 'account', moved_to)
redis.call('ZREM', leaving, task_id)
return 1
