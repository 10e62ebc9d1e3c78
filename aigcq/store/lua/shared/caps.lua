-- How many videos of one tenant may be made at once, if it has a cap of its own.
--
-- USES order
--
-- Its permits have an index, in which those are left over that `permits` does not hold. `caps` says of which
-- tenants the index is whole: it begins when a claim first meets the cap, and anew when the cap is changed.

-- cap_of: {most, live, the key of its permits}, or false.
local function cap_of(order, tenant)
    local most = tonumber(redis.call('HGET', beside(order, 'tenant:' .. tenant), 'max_live')) or 0
    if most == 0 then return false end
    local held, caps = order.permits .. ':tenant:' .. tenant, beside(order, 'caps')
    if redis.call('HEXISTS', caps, tenant) == 0 then
        for _, task_id in ipairs(redis.call('ZRANGE', order.permits, 0, -1)) do
            local whose = redis.call('HGET', beside(order, 'task:') .. task_id, 'tenant') or ''
            if whose == tenant then redis.call('ZADD', held, 0, task_id) end
        end
        redis.call('HSET', caps, tenant, 1)
    end
    local live = redis.call('ZINTERSTORE', held, 2, held, order.permits, 'WEIGHTS', 0, 1)
    return {most = most, live = live, held = held}
end
