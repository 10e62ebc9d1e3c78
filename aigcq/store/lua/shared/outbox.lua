-- post: note that the client, and whoever hears of every task, are to hear of this moment, if they want to.
--
-- Before the record says so: who delivers looks at the record, and waits for it. A note that is there already
-- is due anew: if it is under way, it told of what was before, and whoever has it finds that it is another one.
local function post(outbox, task, task_id, moment, now)
    local wanted = redis.call('HMGET', task, 'webhook', 'webhook_all')
    for i, suffix in ipairs({'', ':all'}) do
        if wanted[i] and string.find(wanted[i], moment, 1, true) then
            redis.call('ZADD', outbox, now, task_id .. ':' .. moment .. suffix)
        end
    end
end
