-- tokens_in: how many there are in a bucket that all workers share.
local function tokens_in(bucket, rate, burst, now)
    local state = redis.call('HMGET', bucket, 'tokens', 'at_ms')
    local at_ms = tonumber(state[2]) or now
    if at_ms > now then -- the clock was set back: what was left goes on filling from here
        at_ms = now
        redis.call('HSET', bucket, 'at_ms', now)
    end
    return math.min(burst, (tonumber(state[1]) or burst) + (now - at_ms) * rate / 1000)
end

-- until_token: the ms until there is one, 0 if there is.
local function until_token(bucket, rate, burst, now)
    return math.max(0, math.ceil((1 - tokens_in(bucket, rate, burst, now)) * 1000 / rate))
end

-- take_token: take one; return 0, or the ms until there is one.
local function take_token(bucket, rate, burst, now)
    local tokens = tokens_in(bucket, rate, burst, now)
    if tokens < 1 then return math.ceil((1 - tokens) * 1000 / rate) end
    redis.call('HSET', bucket, 'tokens', tostring(tokens - 1), 'at_ms', now)
    return 0
end
