-- reorder: give a task that has not started another priority, and the place that it would have had with it.
--
-- USES events order tenants
-- KEYS    1 task    hash
--         2 queued  zset    task id -> dispatch score
--         3 meta    hash
--         4 lanes   set     models of which tasks were passed
--         5 events  stream
-- ARGV    1 task_id    string
--         2 queued_as  string  status of a task that is queued
--         3 priority   int
--         4 boost      int     places per step of priority
--         5 cap        int     of the events
--         6 sees       string  a tenant, or "*" for everyone's
-- RETURN  1 moved | 0 it has started or ended | -1 no such task

local task, queued, meta, lanes, events = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local task_id   = ARGV[1]
local queued_as = ARGV[2]
local priority  = tonumber(ARGV[3])
local boost     = tonumber(ARGV[4])
local cap       = tonumber(ARGV[5])
local sees      = ARGV[6]

if hidden(task, sees) then return -1 end
local record = redis.call('HMGET', task, 'status', 'erased_ms', 'seq', 'tenant', 'model')
if not record[1] or record[2] then return -1 end
if record[1] ~= queued_as then return 0 end

local order = order_of(queued, meta, lanes)
local own_key = tonumber(record[3]) - priority * boost + priority / 1000
local tag = tonumber(redis.call('ZSCORE', queued, task_id))
redis.call('HSET', task, 'priority', priority, 'own', own_key)
if tag then
    redis.call('ZREM', own_of(order, record[4]), task_id)
    leave_lane(order, record[4], task_id, record[5])
    enter(order, record[4], task_id, own_key, tag, record[5])
end
tell(events, cap, 'reorder', task_id, queued_as, 'priority', priority)
return 1
