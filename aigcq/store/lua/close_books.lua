-- close_books: what was promised for tasks that have ended counts as spent, a page at a time.
--
-- A release without a ledger ends tasks and leaves the promise, and so may a script that was cut halfway.
--
-- USES payment
-- KEYS    1 ended      zset    task id -> ended, ms
--         2 spend      hash    the ledger; its keys begin so
-- ARGV    1 task_prefix  string
--         2 from_ms      int     what ended before is not looked at
--         3 offset       int     so many are skipped
--         4 count        int     at most this many
-- RETURN  {how many were looked at, how many were closed}

local ended, spend = KEYS[1], KEYS[2]
local task_prefix = ARGV[1]
local from_ms     = tonumber(ARGV[2])
local offset      = tonumber(ARGV[3])
local count       = tonumber(ARGV[4])

local closed = 0
local page = redis.call('ZRANGEBYSCORE', ended, from_ms, '+inf', 'LIMIT', offset, count)
for _, task_id in ipairs(page) do
    local task = task_prefix .. task_id
    if redis.call('HEXISTS', task, 'cost_committed') == 1 then
        pay(spend, task, -1, 0)
        closed = closed + 1
    end
end
return {#page, closed}
