-- bound: set bounds of the threshold, which hold at once, for every worker, over the settings of each.
--
-- Who sets them may have other settings than the workers: what is not set here, a claim bounds by its own.
--
-- USES limit
-- KEYS    1 limit      hash
--         2 history    stream
--         3 events     stream
--         4 permits    zset    task id -> granted, ms
-- ARGV    1 minimum    int     0 for none: the settings decide
--         2 maximum    int     the same
--         3 cause      string  of what changes
--         4 cap        int     of the history and the events
-- RETURN  1 they are others now | 0 they were so

local limit, history, events, permits = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local minimum = tonumber(ARGV[1])
local maximum = tonumber(ARGV[2])
local cause   = ARGV[3]
local cap     = tonumber(ARGV[4])

local function set(name, value)
    local old = tonumber(redis.call('HGET', limit, name) or 0)
    if value > 0 then redis.call('HSET', limit, name, value) else redis.call('HDEL', limit, name) end
    return old ~= value
end

-- A threshold of which nothing is known yet begins within the bounds, and is put down then.
local function follow(at, least, live)
    local old = tonumber(redis.call('HGET', at.limit, 'threshold') or nil)
    if not old then return end
    local new = math.max(least, maximum > 0 and math.min(maximum, old) or old)
    if new == old then return end
    redis.call('HSET', at.limit, 'threshold', new)
    put_down(at, cause, old, new, live)
end

local changed = set('minimum', minimum)
changed = set('maximum', maximum) or changed
local at = {limit = limit, history = history, events = events, permits = permits, cap = cap}
follow(at, minimum, redis.call('ZCARD', permits))
for _, model in ipairs(cjson.decode(redis.call('HGET', limit, 'models') or '[]')) do
    local own = at_model(at, model)
    follow(own, 0, redis.call('ZINTERCARD', 2, own.permits, permits))
end
return changed and 1 or 0
