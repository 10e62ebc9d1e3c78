-- Whose a task is, and the list that each tenant with a name has of its own.
--
-- `ended:<tenant>` has all that a list shows: ended tasks by when they ended, and behind all of those the open ones by
-- when they were queued. So a page of it costs what is on it, however many tasks others have.
local OPEN_FROM = 10000000000000

-- hidden: whether `sees`, a tenant or '*' for everyone's, may not know of a task. What there is not is hidden to some
-- and not to others; it is answered alike.
local function hidden(task, sees)
    return sees ~= '*' and (redis.call('HGET', task, 'tenant') or '') ~= sees
end

-- enlist: put a task where its tenant's list has it now; `at` is when it ended, or OPEN_FROM and when it was queued.
-- What ended longer ago than `ttl_ms` has no record any more.
local function enlist(ended, task, task_id, at, ttl_ms)
    local tenant = redis.call('HGET', task, 'tenant')
    if not tenant or tenant == '' then return end
    local list = ended .. ':' .. tenant
    redis.call('ZADD', list, string.format('%d', at), task_id)
    if ttl_ms then redis.call('ZREMRANGEBYSCORE', list, '-inf', at - ttl_ms) end
end

-- delist: take a task out of its tenant's list.
local function delist(ended, task, task_id)
    local tenant = redis.call('HGET', task, 'tenant')
    if tenant and tenant ~= '' then redis.call('ZREM', ended .. ':' .. tenant, task_id) end
end
