-- hand_back: give a delivery up early, so that another worker goes on at once.
--
-- What was never sent returns to its old place. What may exist at the vendor keeps its
-- permit and its pending entry; its lease deadline is 0, and the next sweep takes it over.
--
-- USES ownership events order
-- KEYS    1 task       hash
--         2 stream     stream
--         3 queued     zset    task id -> dispatch score
--         4 leases     zset    task id -> lease deadline, ms
--         5 permits    zset    task id -> granted, ms
--         6 events     stream
--         7 unanswered zset    task id -> granted, ms
--         8 meta       hash
--         9 lanes      set     models of which tasks were passed
-- ARGV    1 group       string
--         2 consumer    string
--         3 task_id     string
--         4 entry_id    string
--         5 fence       int
--         6 unsent      string  phase of a task that was given to a worker and not sent
--         7 queued_as   string  status of a task that is queued
--         8 status      string  of a task that is processing
--         9 cap         int     of the events
-- RETURN  1 handed back | 0 lost

local task, stream, queued, leases = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local permits, events, unanswered, meta, lanes = KEYS[5], KEYS[6], KEYS[7], KEYS[8], KEYS[9]
local group     = ARGV[1]
local consumer  = ARGV[2]
local task_id   = ARGV[3]
local entry_id  = ARGV[4]
local fence     = tonumber(ARGV[5])
local unsent    = ARGV[6]
local queued_as = ARGV[7]
local status    = ARGV[8]
local cap       = tonumber(ARGV[9])

if not owns(task, stream, group, consumer, entry_id, fence) then return 0 end

redis.call('HINCRBY', task, 'fence', 1)
if redis.call('HGET', task, 'phase') ~= unsent then
    redis.call('ZADD', leases, 0, task_id)
    tell(events, cap, 'hand_back', task_id, status, 'fence', fence)
    return 1
end

redis.call('HSET', task, 'status', queued_as)
redis.call('HDEL', task, 'phase', 'consumer', 'permit')
come_back(order_of(queued, meta, lanes), task, task_id)
redis.call('XACK', stream, group, entry_id)
redis.call('ZREM', leases, task_id)
for _, place in ipairs({permits, unanswered}) do redis.call('ZREM', place, task_id) end
tell(events, cap, 'hand_back', task_id, queued_as, 'fence', fence)
return 1
