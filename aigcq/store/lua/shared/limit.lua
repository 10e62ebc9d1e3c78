-- The concurrency limit: the law that the operator has chosen, and where its permits are.
--
-- `policy` is that law, and no other is in the script: each call would pay for making its functions.
--
-- USES policy
--
-- at: the keys {limit, history, events, permits, unanswered}, and cap, of the two streams.

-- What the vendor has not answered for so long is searched for, and must not block the others meanwhile.
local PENDING_MS = 30000

-- limit_live: how many permits are out, and how many of them the vendor has not answered yet.
local function limit_live(at, now)
    return redis.call('ZCARD', at.permits), redis.call('ZCOUNT', at.unanswered, now - PENDING_MS, '+inf')
end

-- limit_open: what the law remembers, and what of it is stored.
local function limit_open(at, law, now)
    local fields, stored = policy.FIELDS, {}
    local values = redis.call('HMGET', at.limit, unpack(fields))
    for i = 1, #fields do stored[fields[i]] = tonumber(values[i] or nil) end
    return policy.load(stored, law, now), stored
end

-- limit_save: write what has changed, and a line of history if the threshold moved.
local function limit_save(at, law, state, stored, cause, live)
    local fields, changed = policy.FIELDS, {}
    for i = 1, #fields do
        local field = fields[i]
        if state[field] ~= stored[field] then
            table.insert(changed, field)
            table.insert(changed, state[field])
        end
    end
    if #changed > 0 then redis.call('HSET', at.limit, unpack(changed)) end
    if state.threshold == stored.threshold then return end
    redis.call('XADD', at.history, 'MAXLEN', '~', at.cap, '*', 'cause', cause,
        'old', stored.threshold or '', 'new', state.threshold, 'live', live)
    redis.call('XADD', at.events, 'MAXLEN', '~', at.cap, '*', 'event', 'limit', 'cause', cause, 'threshold', state.threshold)
end

-- limit_permit: what was noted when the permit was granted. One that another release has granted is of an older epoch.
local function limit_permit(at, task, task_id, now)
    local kind, epoch, rank = string.match(redis.call('HGET', task, 'permit') or '', '^(%a):(%d+):(%d+)$')
    return {
        kind = kind or 'n', epoch = tonumber(epoch) or -1, rank = tonumber(rank) or 0,
        granted_ms = tonumber(redis.call('ZSCORE', at.permits, task_id)) or now,
    }
end

-- The vendor has the task.
local KEPT = {accepted = true, waiting = true}

-- limit_tell: tell the law what became of the permit of a task, and give it back unless the vendor has the task.
-- ended_ms: for how long the vendor task is over, if it is.
local function limit_tell(at, law, news, task, task_id, ended_ms, now)
    local permit = limit_permit(at, task, task_id, now)
    redis.call('ZREM', at.unanswered, task_id)
    if not KEPT[news] then redis.call('ZREM', at.permits, task_id) end
    local live, pending = limit_live(at, now)
    local state, stored = limit_open(at, law, now)
    policy[news](state, law, permit, live, pending, now, now - ended_ms)
    limit_save(at, law, state, stored, news, live)
end
