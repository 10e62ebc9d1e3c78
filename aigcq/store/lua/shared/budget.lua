-- Budgets: whether a task may be made for money.
--
-- USES ledger

-- terms_of: what one that is created may cost: "estimate day max_cost account_day account_month lenient". Empty:
-- nobody knows, and nobody but its tenant's budget asks.
local function terms_of(money)
    local estimate, day, max_cost, account_day, account_month, lenient = string.match(
        money, '^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+)$')
    return {
        estimate = tonumber(estimate or -1), day = day, max_cost = tonumber(max_cost or -1),
        account_day = tonumber(account_day or 0), account_month = tonumber(account_month or 0), lenient = lenient == '1',
    }
end

-- unaffordable: why a task may not be made for money; nil if it may. `settings` are its tenant's.
local function unaffordable(spend, settings, tenant, terms)
    local own = redis.call('HMGET', settings, 'budget_day', 'budget_month')
    local limits = {tonumber(own[1]) or 0, terms.account_day, tonumber(own[2]) or 0, terms.account_month}
    local limited = limits[1] + limits[2] + limits[3] + limits[4] > 0
    if terms.estimate < 0 then
        if (limited or terms.max_cost >= 0) and not terms.lenient then return {'unpriced'} end
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
