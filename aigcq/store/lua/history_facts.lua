-- history_facts: what events do not say and records do, for the history; nothing if somebody else has read the events.
--
-- KEYS    1 historian  hash
-- ARGV    1 turn         int     at which the events were read
--         2 task_ids     JSON    of which tasks
--         3 task_prefix  string
-- RETURN  {model, moved_from, attempt, vendor_task_id, ...} of each, each of the four empty if there is none
--         | {} somebody else has read them

local historian = KEYS[1]
local turn        = tonumber(ARGV[1])
local task_ids    = cjson.decode(ARGV[2])
local task_prefix = ARGV[3]

if (tonumber(redis.call('HGET', historian, 'turn')) or 0) ~= turn then return {} end

local found = {}
for i, task_id in ipairs(task_ids) do
    local record = redis.call('HMGET', task_prefix .. task_id, 'model', 'moved_from', 'attempt', 'vendor_task_id')
    for n = 1, 4 do found[4 * i - 4 + n] = record[n] or '' end
end
return found
