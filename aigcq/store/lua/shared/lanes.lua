-- How a claim goes through the order: first what was passed, then what is behind the cursor.
--
-- USES order
--
-- order: the keys {queued, meta, lanes, permits}, the cursor, the first of the lanes of each model, how many may still be
-- passed, and which tenants are put aside. A tenant at its cap is put aside: its lanes are not looked at until
-- one of its permits is given back, or its cap is changed. So a claim costs nothing for each of them.

-- So many in one call; then others get their turn, and the worker asks again at once.
local MOST_PASSED = 1000

local function find_head(order, model)
    local group = order.lanes .. ':' .. model
    order.heads[model] = nil
    while true do
        local first = redis.call('ZRANGE', group, 0, 0, 'WITHSCORES')
        if not first[1] then return end
        local lane = lane_of(order, model, first[1])
        local head = redis.call('ZRANGE', lane, 0, 0, 'WITHSCORES')
        if not head[1] then
            redis.call('ZREM', group, first[1])
        elseif not redis.call('ZSCORE', order.queued, head[1]) then
            redis.call('ZREM', lane, head[1])
        elseif head[2] ~= first[2] then
            redis.call('ZADD', group, head[2], first[1])
        else
            order.heads[model] = {task_id = head[1], score = tonumber(head[2]), lane = model, tenant = first[1]}
            return
        end
    end
end

-- let_in: a tenant that was put aside may have room again.
local function let_in(order, tenant)
    for _, model in ipairs(redis.call('SMEMBERS', order.lanes)) do
        local head = redis.call('ZRANGE', lane_of(order, model, tenant), 0, 0, 'WITHSCORES')
        if head[1] then redis.call('ZADD', order.lanes .. ':' .. model, head[2], tenant) end
    end
    redis.call('SREM', beside(order, 'full'), tenant)
end

local function let_in_who_has_room(order)
    local held, changed = beside(order, 'full:permits'), beside(order, 'caps:changed')
    for _, task_id in ipairs(redis.call('ZDIFF', 2, held, order.permits)) do
        let_in(order, redis.call('HGET', beside(order, 'task:') .. task_id, 'tenant') or '')
        redis.call('ZREM', held, task_id)
    end
    local tenants = redis.call('SMEMBERS', changed)
    for _, tenant in ipairs(tenants) do let_in(order, tenant) end
    if #tenants > 0 then redis.call('DEL', changed) end
end

-- put_aside: a tenant is at its cap; `held` are its permits. They are noted first: nobody is put aside for good.
local function put_aside(order, tenant, held)
    if order.aside[tenant] then return end
    order.aside[tenant] = true
    for _, task_id in ipairs(redis.call('ZRANGE', held, 0, -1)) do
        redis.call('ZADD', beside(order, 'full:permits'), 0, task_id)
    end
    redis.call('SADD', beside(order, 'full'), tenant)
    for _, model in ipairs(redis.call('SMEMBERS', order.lanes)) do
        redis.call('ZREM', order.lanes .. ':' .. model, tenant)
        if order.heads[model] and order.heads[model].tenant == tenant then find_head(order, model) end
    end
end

-- lanes_open: the order as it is; cursor: up to where tasks were passed, or nil.
-- moment: the one of the order, or nil before anything was put into it by start tags.
local function lanes_open(queued, meta, lanes, permits, cursor, moment)
    local order = order_of(queued, meta, lanes)
    order.permits, order.cursor, order.moment = permits, cursor, tonumber(moment)
    order.heads, order.aside, order.left = {}, {}, MOST_PASSED
    if cursor then
        let_in_who_has_room(order)
        for _, model in ipairs(redis.call('SMEMBERS', lanes)) do find_head(order, model) end
    end
    return order
end

-- lanes_first: the first task of which nobody knows that its model has no room, or nil.
local function lanes_first(order, has_room)
    local first
    for model, head in pairs(order.heads) do
        if (not first or head.score < first.score) and has_room(model) then first = head end
    end
    if first then return first end
    local behind
    if order.cursor then
        behind = redis.call('ZRANGEBYSCORE', order.queued, '(' .. order.cursor, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
    else
        behind = redis.call('ZRANGE', order.queued, 0, 0, 'WITHSCORES')
    end
    return {task_id = behind[1], score = tonumber(behind[2])}
end

-- lanes_pass: let the others pass a task.
local function lanes_pass(order, task_id, model, tenant)
    local score = redis.call('ZSCORE', order.queued, task_id)
    redis.call('ZADD', lane_of(order, model, tenant), score, task_id)
    if not order.aside[tenant] then redis.call('ZADD', order.lanes .. ':' .. model, 'LT', score, tenant) end
    redis.call('SADD', order.lanes, model)
    redis.call('HSET', order.meta, 'lanes_to', score)
    order.cursor, order.left = score, order.left - 1
    if not order.heads[model] then find_head(order, model) end
end

-- lanes_leave: a task is not queued any more.
local function lanes_leave(order, task)
    redis.call('ZREM', order.queued, task.task_id)
    redis.call('ZREM', own_of(order, task.tenant), task.task_id)
    if not task.lane then return end
    redis.call('ZREM', lane_of(order, task.lane, task.tenant), task.task_id)
    find_head(order, task.lane)
end

-- lanes_moment: what is claimed is what the order has come to; it never goes back.
local function lanes_moment(order, tag)
    if order.moment and moment_of(tag) > order.moment then order.moment, order.moved_on = moment_of(tag), true end
end

-- lanes_close: where nobody is passed any more the order is as it was before.
local function lanes_close(order)
    if order.moved_on then redis.call('HSET', order.meta, 'vtime', order.moment) end
    if order.cursor and not next(order.heads) and redis.call('EXISTS', beside(order, 'full')) == 0 then
        redis.call('HDEL', order.meta, 'lanes_to')
        redis.call('DEL', order.lanes, beside(order, 'full:permits'))
    end
end
