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

local function add(places, field, amount)
    for _, purse in ipairs(places) do redis.call('HINCRBY', purse, field, amount) end
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
