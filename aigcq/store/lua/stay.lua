-- stay: a lent task that the other account has refused is queued here again, at its own place.
--
-- USES order
-- KEYS    1 task       hash
--         2 stream     stream
--         3 queued     zset    task id -> dispatch score
--         4 leaving    zset    task id -> when it was last seen to, ms
--         5 deadlines  zset    task id -> when it must have started or ended, ms
--         6 meta       hash
--         7 lanes      set     models of which tasks were passed
-- ARGV    1 task_id      string
--         2 queued_as    string  status of a task that is queued
--         3 deadline_ms  int     the first of its deadlines; 0 for none
-- RETURN  1 it stays | 0 it was not lent

local task, stream, queued, leaving = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local deadlines, meta, lanes = KEYS[5], KEYS[6], KEYS[7]
local task_id     = ARGV[1]
local queued_as   = ARGV[2]
local deadline_ms = tonumber(ARGV[3])

if redis.call('HGET', task, 'status') ~= queued_as or not redis.call('ZSCORE', leaving, task_id) then return 0 end

if deadline_ms > 0 then redis.call('ZADD', deadlines, deadline_ms, task_id) end
redis.call('HSET', task, 'entry', redis.call('XADD', stream, '*', 'task', task_id))
come_back(order_of(queued, meta, lanes), task, task_id)
redis.call('ZREM', leaving, task_id)
redis.call('HDEL', task, 'moving_to') -- last: what is leaving says for where
return 1
