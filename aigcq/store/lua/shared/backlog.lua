-- Which tasks of a tenant have not ended: `open:<tenant>`; `open` are the tenants. Of the one without a name
-- they are all the others. What was ended by a release that knows no tenants is dropped by the repair.

local function open_of(stream, tenant) return string.sub(stream, 1, -7) .. 'open:' .. tenant end

local function has_begun(stream, tenant, task_id)
    if not tenant or tenant == '' then return end
    redis.call('SADD', string.sub(stream, 1, -7) .. 'open', tenant)
    redis.call('SADD', open_of(stream, tenant), task_id)
end

local function has_ended(stream, task, task_id)
    local tenant = redis.call('HGET', task, 'tenant')
    if tenant then redis.call('SREM', open_of(stream, tenant), task_id) end
end

-- unfinished_of: how many there are.
local function unfinished_of(stream, tenant, of_all)
    if tenant ~= '' then return redis.call('SCARD', open_of(stream, tenant)) end
    for _, other in ipairs(redis.call('SMEMBERS', string.sub(stream, 1, -7) .. 'open')) do
        of_all = of_all - redis.call('SCARD', open_of(stream, other))
    end
    return of_all
end
