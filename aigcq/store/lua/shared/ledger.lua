-- The ledger: what is spent and what is promised, of each tenant and of the account, by day and by month.
--
-- Whole millionths of the currency. What a task may cost stays on its record as `cost_committed` for as long as
-- it is promised; who moves it takes it from there first, so that nothing is moved twice. What is cut halfway
-- leaves too much counted, never too little.

-- No tenant is called so: their names have no capitals.
local ACCOUNT, KEPT_SECONDS = 'ALL', 34560000 -- 400 days

-- purses: where the money of one day is counted.
local function purses(spend, tenant, day)
    local month = string.sub(day, 1, 6)
    local own, all = spend .. ':' .. tenant .. ':', spend .. ':' .. ACCOUNT .. ':'
    return {own .. day, all .. day, own .. month, all .. month}
end

-- forgotten: whether the books of that day are gone. A task may be older than they are; then it counts nowhere.
local function forgotten(places) return redis.call('EXISTS', places[1]) == 0 end

local function add(places, field, amount)
    for _, purse in ipairs(places) do redis.call('HINCRBY', purse, field, amount) end
end

-- unaffordable: why a task may not be made for money; nil if it may. `settings` are its tenant's.
local function unaffordable(spend, settings, tenant, terms)
    local own = redis.call('HMGET', settings, 'budget_day', 'budget_month')
    local limits = {tonumber(own[1]) or 0, terms.account_day, tonumber(own[2]) or 0, terms.account_month}
    local limited = limits[1] + limits[2] + limits[3] + limits[4] > 0
    if terms.estimate < 0 then
        if (limited or terms.max_cost >= 0) and terms.lenient == 0 then return {'unpriced'} end
        return nil
    end
    if terms.max_cost >= 0 and terms.estimate > terms.max_cost then return {'dear'} end
    if not limited then return nil end
    for i, purse in ipairs(purses(spend, tenant, terms.day)) do
        local counted = redis.call('HMGET', purse, 'settled', 'committed')
        local settled, committed = tonumber(counted[1]) or 0, tonumber(counted[2]) or 0
        if limits[i] > 0 and settled + committed + terms.estimate > limits[i] then
            return {'broke', i, limits[i], settled, committed}
        end
    end
    return nil
end

-- promise: count what a task may cost; to be called before its record says so.
local function promise(spend, tenant, day, amount)
    local places = purses(spend, tenant, day)
    local first = redis.call('HEXISTS', places[1], 'tasks') == 0 -- the last thing that is written: all has a TTL then
    add(places, 'committed', amount)
    if first then
        for _, purse in ipairs(places) do redis.call('EXPIRE', purse, KEPT_SECONDS) end
        redis.call('HSET', places[4], 'tenant:' .. tenant, 1)
    end
    redis.call('HINCRBY', places[1], 'tasks', 1)
end

-- charge: count an attempt as paid, by its estimate; what is promised stays promised for the next one.
local function charge(spend, task)
    local record = redis.call('HMGET', task, 'cost_committed', 'budget_day', 'tenant', 'model')
    if not record[1] then return end
    local places = purses(spend, record[3] or '', record[2])
    redis.call('HINCRBY', task, 'cost_spent', record[1])
    if forgotten(places) then return end
    add(places, 'settled', record[1])
    redis.call('HINCRBY', places[1], 'settled:' .. (record[4] or ''), record[1])
end

-- pay: what was promised for a task is spent, or free again. `cost`: in millionths, -1 as it was estimated.
--
-- Of an attempt of which nobody knows whether it was made, nothing is free.
local function pay(spend, task, cost, millis)
    local record = redis.call('HMGET', task, 'cost_committed', 'budget_day', 'tenant', 'model', 'ambiguous')
    if not record[1] then return end
    local places, model = purses(spend, record[3] or '', record[2]), record[4] or ''
    if cost < 0 or cost == 0 and record[5] then cost = tonumber(record[1]) end
    redis.call('HDEL', task, 'cost_committed')
    if cost > 0 then redis.call('HINCRBY', task, 'cost_spent', cost) end
    if forgotten(places) then return end
    if cost > 0 then
        add(places, 'settled', cost)
        redis.call('HINCRBY', places[1], 'settled:' .. model, cost)
    else
        redis.call('HINCRBY', places[1], 'released', record[1])
    end
    if millis > 0 then
        redis.call('HINCRBY', places[1], 'videos:' .. model, 1)
        redis.call('HINCRBY', places[1], 'millis:' .. model, millis)
    end
    add(places, 'committed', '-' .. record[1])
end

-- count_made: what the vendor's own count of a day is compared with; not asked where `day` is empty.
local function count_made(spend, day, millis)
    if day == '' then return end
    local purse = spend .. ':' .. ACCOUNT .. ':' .. day
    redis.call('HINCRBY', purse, 'made_millis', millis)
    if redis.call('HINCRBY', purse, 'made', 1) == 1 then redis.call('EXPIRE', purse, KEPT_SECONDS) end
end
