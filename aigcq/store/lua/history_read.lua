-- history_read: read the next events for the history of the queue, unless somebody has just done so.
--
-- What an event does not say is read from the record beside it: the model of what was created or has ended; of a
-- submission by the release before also the attempt.
--
-- USES clock
-- KEYS    1 historian  hash
--         2 events     stream
-- ARGV    1 task_prefix  string
--         2 count        int     events at most
--         3 stale_ms     int     what was read longer ago is worth reading again
-- RETURN  {now, the historian as {field, value, ...}} somebody has just done so
--         | {now, the historian, how many events there ever were, how many there are, the first, the last there ever was,
--            {{id, {field, value, ...}, {model, moved_from, attempt, vendor_task_id} or {}}, ...}}

local historian, events = KEYS[1], KEYS[2]
local task_prefix = ARGV[1]
local count       = tonumber(ARGV[2])
local stale_ms    = tonumber(ARGV[3])

local RECORDED = {create = true, succeed = true, fail = true, expire = true, submit = true}

local now, record = now_ms(), redis.call('HGETALL', historian)
local seen = redis.call('HMGET', historian, 'cursor', 'folded_ms', 'place')
if stale_ms > 0 and now - (tonumber(seen[2]) or 0) < stale_ms and now >= (tonumber(seen[2]) or 0) then
    return {now, record}
end
if redis.call('EXISTS', events) == 0 then return {now, record, 0, 0, '0-0', '0-0', {}} end

local info = {}
local told = redis.call('XINFO', 'STREAM', events)
for i = 1, #told, 2 do info[told[i]] = told[i + 1] end
local first = info['first-entry'] and info['first-entry'][1] or '0-0'
-- Another stream is read from its first event on.
local after = info['entries-added'] < (tonumber(seen[3]) or 0) and '0-0' or seen[1] or '0-0'

local found = {}
for i, entry in ipairs(redis.call('XRANGE', events, '(' .. after, '+', 'COUNT', count)) do
    local fields, facts = entry[2], {}
    if fields[3] == 'task' and RECORDED[fields[2]] then
        facts = redis.call('HMGET', task_prefix .. fields[4], 'model', 'moved_from', 'attempt', 'vendor_task_id')
    end
    found[i] = {entry[1], fields, facts}
end
return {now, record, info['entries-added'], info['length'], first, info['last-generated-id'], found}
