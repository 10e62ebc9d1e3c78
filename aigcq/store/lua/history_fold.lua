-- history_fold: write down what was made of the events that were read, once: only at the turn at which they were read.
--
-- KEYS    1 historian  hash
-- ARGV    1 turn         int     at which the events were read
--         2 now          int     when they were read, ms
--         3 state        JSON    {field, value, ...} of the historian
--         4 rows         JSON    {{key, field, value, ms for which the key is kept}, ...}
--         5 lines        JSON    {task id, its events, a line each, ...} of the timelines
--         6 task_prefix  string
--         7 most         int     folds of a timeline
--         8 open_ms      int     how long the timeline of a task is kept that has not ended, after its last event
--         9 progress     string  the event of which the last in a row is kept
-- RETURN  1 written | 0 somebody else has read them

local historian = KEYS[1]
local turn        = tonumber(ARGV[1])
local now         = tonumber(ARGV[2])
local state       = cjson.decode(ARGV[3])
local rows        = cjson.decode(ARGV[4])
local lines       = cjson.decode(ARGV[5])
local task_prefix = ARGV[6]
local most        = tonumber(ARGV[7])
local open_ms     = tonumber(ARGV[8])
local progress    = ARGV[9]

if (tonumber(redis.call('HGET', historian, 'turn')) or 0) ~= turn then return 0 end

redis.call('HSET', historian, 'turn', turn + 1, 'folded_ms', now, unpack(state))
for _, row in ipairs(rows) do
    redis.call('HSET', row[1], row[2], row[3])
    redis.call('PEXPIRE', row[1], row[4])
end

-- Nothing but a percentage, which the next one replaces.
local function is_progress(text)
    return text and string.sub(text, 1, #progress + 1) == progress .. '\t' and not string.find(text, '\n', 1, true)
end

-- keep: append to the timeline of a task; it goes with the record. What has moved is not erased.
local function keep(task, text)
    local line, ttl = task .. ':timeline', redis.call('PTTL', task)
    if ttl ~= -1 then -- it has ended, or it is gone
        local gone = redis.call('HMGET', task, 'erased_ms', 'moved_to')
        if ttl == -2 or gone[1] and not gone[2] then return redis.call('DEL', line) end
    end
    if is_progress(text) and is_progress(redis.call('LINDEX', line, -1)) then redis.call('RPOP', line) end
    if redis.call('RPUSH', line, text) > most then redis.call('LTRIM', line, -most, -1) end
    redis.call('PEXPIRE', line, ttl == -1 and open_ms or math.max(1, ttl))
end

for i = 1, #lines, 2 do keep(task_prefix .. lines[i], lines[i + 1]) end
return 1
