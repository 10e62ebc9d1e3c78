-- erase: remove what an ended task was asked for and what came of it; that there was one stays, for the books.
--
-- USES clock events tenants
-- KEYS    1 task    hash
--         2 request string
--         3 result  string
--         4 ended   zset    task id -> ended, ms
--         5 dead    zset    failed task id -> ended, ms
--         6 events  stream
--         7 upload  string
--         8 calls   stream  to the receivers of its webhooks
--         9 line    list    its timeline
-- ARGV    1 task_id     string
--         2 queued_as   string  status of a task that is queued
--         3 processing  string  status of a task that is processing
--         4 cap         int     of the events
--         5 sees        string  a tenant, or "*" for everyone's
-- RETURN  1 erased | 0 it has not ended | -1 no such task

local task, request, result, ended, dead, events = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local upload, calls, line = KEYS[7], KEYS[8], KEYS[9]
local task_id    = ARGV[1]
local queued_as  = ARGV[2]
local processing = ARGV[3]
local cap        = tonumber(ARGV[4])
local sees       = ARGV[5]

if hidden(task, sees) then return -1 end
local record = redis.call('HMGET', task, 'status', 'erased_ms')
local status = record[1]
if not status or record[2] then return -1 end
if status == queued_as or status == processing then return 0 end

redis.call('HSET', task, 'erased_ms', now_ms())
redis.call('DEL', request, result, upload, calls)
redis.call('DEL', line)
redis.call('HDEL', task, 'webhook', 'webhook_all')
redis.call('ZREM', ended, task_id)
redis.call('ZREM', dead, task_id)
delist(ended, tenant_of(task), task_id)
tell(events, cap, 'erase', task_id, status)
return 1
