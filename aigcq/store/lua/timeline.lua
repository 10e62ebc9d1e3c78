-- timeline: read all that is known to have happened to one task; nothing, if it is none that who asks may see.
--
-- What was not folded yet is looked for among the events.
--
-- USES tenants
-- KEYS    1 task       hash
--         2 line       list
--         3 historian  hash
--         4 events     stream
-- ARGV    1 task_id  string
--         2 sees     string  a tenant, or "*" for everyone's
--         3 moved    int     1: also of one that has moved to another account
-- RETURN  {} there is none | {the record as {field, value, ...}, the kept entries, the historian as {field, value, ...},
--         how many events there ever were, how many there are, the first, the last there ever was,
--         {{id, {field, value, ...}}, ...} not folded yet; 1: there are more that were not looked at | 0}

local task, line, historian, events = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local task_id = ARGV[1]
local sees    = ARGV[2]
local moved   = tonumber(ARGV[3])

if hidden(task, sees) then return {} end
local record = redis.call('HMGET', task, 'status', 'erased_ms', 'moved_to')
if not record[1] or record[2] and not (moved == 1 and record[3]) then return {} end

local whole, kept, state = redis.call('HGETALL', task), redis.call('LRANGE', line, 0, -1), redis.call('HGETALL', historian)
if redis.call('EXISTS', events) == 0 then return {whole, kept, state, 0, 0, '0-0', '0-0', {}, 0} end

local info = {}
local told = redis.call('XINFO', 'STREAM', events)
for i = 1, #told, 2 do info[told[i]] = told[i + 1] end
local seen = redis.call('HMGET', historian, 'cursor', 'place')
local after = info['entries-added'] < (tonumber(seen[2]) or 0) and '0-0' or seen[1] or '0-0'
local found, most = {}, 2000
local page = redis.call('XRANGE', events, '(' .. after, '+', 'COUNT', most)
for _, entry in ipairs(page) do
    if entry[2][3] == 'task' and entry[2][4] == task_id then table.insert(found, entry) end
end
local first = info['first-entry'] and info['first-entry'][1] or '0-0'
return {whole, kept, state, info['entries-added'], info['length'], first, info['last-generated-id'], found,
        #page == most and 1 or 0}
