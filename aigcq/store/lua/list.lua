-- list: read records in one direction: open tasks by their entry, ended ones by when they ended.
--
-- A page is cut at what was looked at, not at what fits: one call stays short, however few do.
--
-- KEYS    1 stream  stream
--         2 ended   zset    task id -> ended, ms
-- ARGV    1 task_prefix  string
--         2 open         int     1 for open tasks, 0 for ended ones
--         3 newest       int     1 for the newest first
--         4 after        string  entry id, or "<ended, ms>:<task id>", of the last one seen; empty for the first page
--         5 count        int     at most this many are looked at
--         6 wanted       JSON    field -> values, of which the record must have one
-- RETURN  {where the next page goes on, empty if this was the last; {task id, where it stands, request, field, value, ...}...}

local stream, ended = KEYS[1], KEYS[2]
local task_prefix = ARGV[1]
local open        = tonumber(ARGV[2])
local newest      = tonumber(ARGV[3])
local after       = ARGV[4]
local count       = tonumber(ARGV[5])
local wanted      = cjson.decode(ARGV[6])

local function fits(task)
    for field, values in pairs(wanted) do
        local found, value = false, redis.call('HGET', task, field) or ''
        for _, each in ipairs(values) do found = found or each == value end
        if not found then return false end
    end
    return redis.call('HEXISTS', task, 'status') == 1 and redis.call('HEXISTS', task, 'erased_ms') == 0
end

-- {task id, where it stands}...
local function of_stream()
    local from = after ~= '' and '(' .. after
    local entries = newest == 1 and redis.call('XREVRANGE', stream, from or '+', '-', 'COUNT', count)
        or redis.call('XRANGE', stream, from or '-', '+', 'COUNT', count)
    local seen = {}
    for i, entry in ipairs(entries) do seen[i] = {entry[2][2], entry[1]} end
    return seen
end

-- Of those that ended in one millisecond the ids decide, and some of them may be seen already.
local function of_ended()
    local ms, last = string.match(after, '^(%d+):(.+)$')
    local command, from, to = 'ZRANGEBYSCORE', ms or '-inf', '+inf'
    if newest == 1 then command, from, to = 'ZREVRANGEBYSCORE', ms or '+inf', '-inf' end
    local seen, skipped = {}, 0
    while true do
        local flat = redis.call(command, ended, from, to, 'WITHSCORES', 'LIMIT', skipped, count)
        for i = 1, #flat, 2 do
            local id, at = flat[i], string.format('%d', flat[i + 1])
            local known = at == ms and (newest == 1 and id >= last or newest == 0 and id <= last)
            if not known and #seen < count then seen[#seen + 1] = {id, at .. ':' .. id} end
        end
        skipped = skipped + count
        if #seen == count or #flat < 2 * count then return seen end
    end
end

local seen = open == 1 and of_stream() or of_ended()
local answer = {#seen == count and seen[count][2] or ''}
for _, each in ipairs(seen) do
    local task = task_prefix .. each[1]
    if fits(task) then
        local request = redis.call('GET', task .. ':request') or ''
        answer[#answer + 1] = {each[1], each[2], request, unpack(redis.call('HGETALL', task))}
    end
end
return answer
