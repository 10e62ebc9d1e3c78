-- Payments: what becomes of what was promised.
--
-- USES ledger

-- forgotten: whether the books of that day are gone. A task may be older than they are; then it counts nowhere.
local function forgotten(places) return redis.call('EXISTS', places[1]) == 0 end

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
