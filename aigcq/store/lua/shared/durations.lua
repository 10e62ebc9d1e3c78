-- observe: take note of how long a vendor task took. The same as durations.py.
--
-- The sketch stays small by itself: so many buckets at most, and old observations fade.
local function observe(sketch, terms, took_ms)
    local bucket = math.floor(math.log(math.max(1, took_ms / 1000)) / math.log(terms.growth))
    bucket = math.min(terms.last, bucket)
    redis.call('HSET', sketch, bucket, tostring((tonumber(redis.call('HGET', sketch, bucket)) or 0) + 1))
    local record, total = redis.call('HGETALL', sketch), 0
    for i = 2, #record, 2 do total = total + tonumber(record[i]) end
    if total <= terms.most then return end
    for i = 1, #record, 2 do
        local half = tonumber(record[i + 1]) / 2
        if half < terms.least then
            redis.call('HDEL', sketch, record[i])
        else
            redis.call('HSET', sketch, record[i], tostring(half))
        end
    end
end
