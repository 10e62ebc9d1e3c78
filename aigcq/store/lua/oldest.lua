-- oldest: read when the oldest task that could run was created.
--
-- By the order of the entries, which is about that of the tasks: of those that run or wait for a retry, many may be
-- older, so the first in the order of dispatch is looked at as well.
--
-- USES clock
-- KEYS    1 stream     stream
--         2 queued     zset    task id -> dispatch score
-- ARGV    1 task_prefix  string
--         2 count        int     at most so many entries are looked at
-- RETURN  {now, when it was created in ms; 0 if there is none}

local stream, queued = KEYS[1], KEYS[2]
local task_prefix = ARGV[1]
local count       = tonumber(ARGV[2])

local function created(task_id) return tonumber(redis.call('HGET', task_prefix .. task_id, 'created_ms')) end

local now = now_ms()
local first = redis.call('ZRANGE', queued, 0, 0)[1]
local oldest = first and created(first)
if not oldest then return {now, 0} end

for _, entry in ipairs(redis.call('XRANGE', stream, '-', '+', 'COUNT', count)) do
    local task_id = entry[2][2]
    if redis.call('ZSCORE', queued, task_id) then return {now, math.min(oldest, created(task_id) or oldest)} end
end
return {now, oldest}
