-- list: read records in one direction: open tasks by their entry, ended ones by when they ended.
--
-- A page is cut at what was looked at, not at what fits: one call stays short, however few do. A tenant with a name has
-- a list of its own; where it is not as the records are, because the release before does not know of it, it is mended.
-- The tenant without a name has none, and is shown those that are its own of all there are.
--
-- USES tenants
-- KEYS    1 stream  stream
--         2 ended   zset    task id -> ended, ms
-- ARGV    1 task_prefix  string
--         2 open         int     1 for open tasks, 0 for ended ones
--         3 newest       int     1 for the newest first
--         4 after        string  entry id, or "<ms or place>:<task id>", of the last one seen; empty for the first page
--         5 count        int     at most this many are looked at, and those that ended in the same millisecond
--         6 wanted       JSON    field -> values, of which the record must have one
--         7 sees         string  a tenant, or "*" for everyone's
-- RETURN  {where the next page goes on, empty if this was the last; {task id, where it stands, request, field, value, ...}...}

local stream, ended = KEYS[1], KEYS[2]
local task_prefix = ARGV[1]
local open        = tonumber(ARGV[2])
local newest      = tonumber(ARGV[3])
local after       = ARGV[4]
local count       = tonumber(ARGV[5])
local wanted      = cjson.decode(ARGV[6])
local sees        = ARGV[7]

local named = sees ~= '*' and sees ~= ''
local own = ended .. ':' .. sees

local function fits(task)
    for field, values in pairs(wanted) do
        local found, value = false, redis.call('HGET', task, field) or ''
        for _, each in ipairs(values) do found = found or each == value end
        if not found then return false end
    end
    return redis.call('HEXISTS', task, 'status') == 1 and redis.call('HEXISTS', task, 'erased_ms') == 0
        and not hidden(task, sees)
end

-- Whether a task stands in the half of its tenant's own list in which it was found.
local function at_its_place(task, task_id)
    local record = redis.call('HMGET', task, 'status', 'ended_ms', 'seq')
    if not record[1] then
        redis.call('ZREM', own, task_id)
    elseif open == 1 and record[2] then
        redis.call('ZADD', own, record[2], task_id)
    elseif open == 0 and not record[2] then
        redis.call('ZADD', own, string.format('%d', open_at(tonumber(record[3]))), task_id)
    else
        return true
    end
    return false
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

-- Of those with one score the ids decide, and some of them may be seen already. `first` and `last` bound the scores,
-- and `shift` is what they are above what is told; with `whole` no millisecond is divided.
local function of_zset(zset, first, last, shift, whole)
    local ms, last_id = string.match(after, '^(%d+):(.+)$')
    local command, from, to = 'ZRANGEBYSCORE', ms and string.format('%d', ms + shift) or first, last
    if newest == 1 then
        command, from, to = 'ZREVRANGEBYSCORE', ms and string.format('%d', ms + shift) or last, first
    end
    local seen, skipped, last_at = {}, 0, nil
    while true do
        local flat = redis.call(command, zset, from, to, 'WITHSCORES', 'LIMIT', skipped, count)
        for i = 1, #flat, 2 do
            local id, at = flat[i], string.format('%d', flat[i + 1] - shift)
            local known = at == ms and (newest == 1 and id >= last_id or newest == 0 and id <= last_id)
            if #seen >= count and not (whole and at == last_at) then return seen, last_at end
            if not known then seen[#seen + 1], last_at = {id, at .. ':' .. id}, at end
        end
        skipped = skipped + count
        if #flat < 2 * count or #seen >= count and not whole then return seen, last_at end
    end
end

local seen, last_at
if named and open == 1 then
    seen = of_zset(own, OPEN_FROM, '+inf', OPEN_FROM)
elseif named then
    seen = of_zset(own, '-inf', '(' .. OPEN_FROM, 0)
elseif open == 1 then
    seen = of_stream()
else
    seen, last_at = of_zset(ended, '-inf', '+inf', 0, sees == '')
end

local where = #seen >= count and seen[#seen][2] or ''
if where ~= '' and sees == '' and open == 0 then
    -- Behind the millisecond, not behind a task: that may be another's, whose id is not told.
    local edge = newest == 1 and '0' or 'f'
    where = last_at .. ':' .. (string.gsub('xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx', 'x', edge))
end
local answer = {where}
for _, each in ipairs(seen) do
    local task = task_prefix .. each[1]
    if (not named or at_its_place(task, each[1])) and fits(task) then
        local request = redis.call('GET', task .. ':request') or ''
        answer[#answer + 1] = {each[1], each[2], request, unpack(redis.call('HGETALL', task))}
    end
end
return answer
