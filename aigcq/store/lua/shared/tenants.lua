-- Whose a task is, and the list that each tenant with a name has of its own.
--
-- `ended:<tenant>` has all that a list shows: ended tasks by when they ended, and behind all of those the open ones in
-- the order in which they were queued. So a page of it costs what is on it, however many tasks others have.
local OPEN_FROM = 10000000000000

local function tenant_of(task) return redis.call('HGET', task, 'tenant') or '' end

-- hidden: whether `sees`, a tenant or '*' for everyone's, may not know of a task. What there is not is hidden to some
-- and not to others; it is answered alike.
local function hidden(task, sees)
    return sees ~= '*' and tenant_of(task) ~= sees
end

-- open_at: where an open task stands in the list, by the sequence of the queue when it was queued; one that is queued
-- again stands behind what was queued last.
local function open_at(seq, again) return OPEN_FROM + 2 * seq + (again and 1 or 0) end

-- enlist: put a task where its tenant's list has it now; `at` is when it ended, or what `open_at` says. What ended
-- longer ago than `ttl_ms` has no record any more.
local function enlist(ended, tenant, task_id, at, ttl_ms)
    if tenant == '' then return end
    local list = ended .. ':' .. tenant
    redis.call('ZADD', list, string.format('%d', at), task_id)
    if ttl_ms then redis.call('ZREMRANGEBYSCORE', list, '-inf', at - ttl_ms) end
end

-- delist: take a task out of its tenant's list.
local function delist(ended, tenant, task_id)
    if tenant ~= '' then redis.call('ZREM', ended .. ':' .. tenant, task_id) end
end
