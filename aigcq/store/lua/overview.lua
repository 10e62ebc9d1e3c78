-- overview: read how the queue is at this instant.
--
-- USES clock
-- KEYS    1 queued     zset    task id -> dispatch score
--         2 waiting    zset    task id -> due, ms
--         3 leases     zset    task id -> lease deadline, ms
--         4 permits    zset    task id -> granted, ms
--         5 overdue    zset    task id -> sent, ms
--         6 limit      hash
--         7 meta       hash
--         8 vendor     hash
--         9 workers    zset    consumer -> last beat, ms
-- RETURN  {now; the size of each of the first five; the next three as {field, value, ...}; {consumer, last beat, ...};
--          {{model, threshold}, ...}}

local queued, waiting, leases, permits, overdue = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local limit, meta, vendor, workers = KEYS[6], KEYS[7], KEYS[8], KEYS[9]

local models = {}
for i, model in ipairs(cjson.decode(redis.call('HGET', limit, 'models') or '[]')) do
    models[i] = {model, redis.call('HGET', limit .. ':model:' .. model, 'threshold')}
end

return {
    now_ms(),
    redis.call('ZCARD', queued), redis.call('ZCARD', waiting), redis.call('ZCARD', leases),
    redis.call('ZCARD', permits), redis.call('ZCARD', overdue),
    redis.call('HGETALL', limit), redis.call('HGETALL', meta), redis.call('HGETALL', vendor),
    redis.call('ZRANGE', workers, 0, -1, 'WITHSCORES'),
    models,
}
