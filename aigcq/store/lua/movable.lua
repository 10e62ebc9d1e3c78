-- movable: read which of the queued tasks may go to another account, a page of the order at a time.
--
-- KEYS    1 queued  zset    task id -> dispatch score
-- ARGV    1 task_prefix  string
--         2 from         int     rank to begin with, 0 for the first
--         3 count        int     at most this many are looked at
-- RETURN  {how many were looked at; {task id, model, tenant}...}

local queued = KEYS[1]
local task_prefix = ARGV[1]
local from        = tonumber(ARGV[2])
local count       = tonumber(ARGV[3])

local page = redis.call('ZRANGE', queued, from, from + count - 1)
local answer = {#page}
for _, task_id in ipairs(page) do
    local names = {'sent_ms', 'refused', 'attempt', 'moved_from', 'model', 'tenant'}
    local record = redis.call('HMGET', task_prefix .. task_id, unpack(names))
    if not record[1] and not record[2] and tonumber(record[3]) == 1 and not record[4] then
        answer[#answer + 1] = {task_id, record[5] or '', record[6] or ''}
    end
end
return answer
