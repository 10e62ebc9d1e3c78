-- promote: put waiting tasks that are due at their place in the order, a bounded batch at a time.
--
-- USES clock events order
-- KEYS    1 queued     zset    task id -> dispatch score
--         2 waiting    zset    task id -> due, ms
--         3 events     stream
--         4 meta       hash
--         5 lanes      set     models of which tasks were passed
-- ARGV    1 task_prefix  string
--         2 count        int     at most this many
--         3 status       string  of a task that is queued
--         4 cap          int     of the events
-- RETURN  how many were promoted

local queued, waiting, events, meta, lanes = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local task_prefix = ARGV[1]
local count       = tonumber(ARGV[2])
local status      = ARGV[3]
local cap         = tonumber(ARGV[4])

local order = order_of(queued, meta, lanes)
local now = now_ms()
local due = redis.call('ZRANGEBYSCORE', waiting, '-inf', now, 'LIMIT', 0, count)
for _, task_id in ipairs(due) do
    local task = task_prefix .. task_id
    local record = redis.call('HMGET', task, 'status', 'started_ms')
    if record[1] == status then
        come_back(order, task, task_id)
        redis.call('HDEL', task, 'due_ms')
        if not record[2] then redis.call('HSET', task, 'queued_ms', now) end -- it was not to run before: it waits from now on
        tell(events, cap, 'promote', task_id, status)
    end
    redis.call('ZREM', waiting, task_id)
end
return #due
