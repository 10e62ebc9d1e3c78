-- outbox_replay: post again what there is to tell of a task, whether it was delivered or not.
--
-- USES clock tenants
-- KEYS    1 task   hash
--         2 outbox zset    <task id>:<moment> -> when it is delivered next, ms
--         3 tries  hash    <task id>:<moment> -> how often its receiver was called
-- ARGV    1 task_id  string
--         2 everyone int    1 for the receiver of every task as well
--         3 sees     string a tenant, or "*" for everyone's
-- RETURN  {1, notes...} | {-1} no such task

local task, outbox, tries = KEYS[1], KEYS[2], KEYS[3]
local task_id  = ARGV[1]
local everyone = tonumber(ARGV[2])
local sees     = ARGV[3]

if hidden(task, sees) then return {-1} end
local record = redis.call('HMGET', task, 'status', 'erased_ms', 'submitted_ms', 'ended_ms', 'webhook', 'webhook_all')
if not record[1] or record[2] then return {-1} end

local now, answer = now_ms(), {1}
for i, moment in ipairs({'start', 'end'}) do
    for j, suffix in ipairs(everyone == 1 and {'', ':all'} or {''}) do
        local wanted = record[4 + j]
        if record[2 + i] and wanted and string.find(wanted, moment, 1, true) then
            local note = task_id .. ':' .. moment .. suffix
            redis.call('ZADD', outbox, now, note)
            redis.call('HDEL', tries, note)
            answer[#answer + 1] = note
        end
    end
end
return answer
