-- post: note that the client is to hear of this moment of its task, if it wants to.
--
-- Before the record says so: who delivers looks at the record, and waits for it. A note that
-- is there already stays as it is: it may be under way.
local function post(outbox, task, task_id, moment, now)
    local wanted = redis.call('HGET', task, 'webhook')
    if wanted and string.find(wanted, moment, 1, true) then
        redis.call('ZADD', outbox, 'NX', now, task_id .. ':' .. moment)
    end
end
