-- How a claim goes through the order: first what was passed, then what is behind the cursor.
--
-- USES order
--
-- order: the keys {queued, meta, passed}, the cursor, the first of each lane, and how many may still be passed.

-- So many in one call; then others get their turn, and the worker asks again at once.
local MOST_PASSED = 1000

local function find_head(order, model)
    local lane = order.passed .. ':' .. model
    order.heads[model] = nil
    while true do
        local head = redis.call('ZRANGE', lane, 0, 0, 'WITHSCORES')
        if not head[1] then
            redis.call('SREM', order.passed, model)
            return
        end
        if redis.call('ZSCORE', order.queued, head[1]) then
            order.heads[model] = {task_id = head[1], score = tonumber(head[2]), lane = model}
            return
        end
        redis.call('ZREM', lane, head[1])
    end
end

-- lanes_open: the order as it is; cursor: up to where tasks were passed, or nil.
-- moment: the one of the order, or nil before anything was put into it by start tags.
local function lanes_open(queued, meta, passed, cursor, moment)
    local order = order_of(queued, meta, passed)
    order.cursor, order.heads, order.left, order.moment = cursor, {}, MOST_PASSED, tonumber(moment)
    if cursor then
        for _, model in ipairs(redis.call('SMEMBERS', passed)) do find_head(order, model) end
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
local function lanes_pass(order, task_id, model)
    local score = redis.call('ZSCORE', order.queued, task_id)
    redis.call('SADD', order.passed, model)
    redis.call('ZADD', order.passed .. ':' .. model, score, task_id)
    redis.call('HSET', order.meta, 'passed_to', score)
    order.cursor, order.left = score, order.left - 1
    if not order.heads[model] then
        order.heads[model] = {task_id = task_id, score = tonumber(score), lane = model}
    end
end

-- lanes_leave: a task is not queued any more.
local function lanes_leave(order, task)
    redis.call('ZREM', order.queued, task.task_id)
    redis.call('ZREM', own_of(order, task.tenant), task.task_id)
    if not task.lane then return end
    redis.call('ZREM', order.passed .. ':' .. task.lane, task.task_id)
    find_head(order, task.lane)
end

-- lanes_moment: what is claimed is what the order has come to; it never goes back.
local function lanes_moment(order, tag)
    if order.moment and moment_of(tag) > order.moment then order.moment, order.moved_on = moment_of(tag), true end
end

-- lanes_close: where nobody is passed any more the order is as it was before.
local function lanes_close(order)
    if order.moved_on then redis.call('HSET', order.meta, 'vtime', order.moment) end
    if order.cursor and not next(order.heads) then redis.call('HDEL', order.meta, 'passed_to') end
end
