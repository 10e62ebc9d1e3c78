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
--        10 unanswered zset    task id -> granted, ms
--        11 dead       zset    failed task id -> ended, ms
--        12 ended      zset    task id -> ended, ms
-- ARGV    1 lately_ms  int     of the last two is counted what has ended since so long
-- RETURN  {now; the size of each of the first five; the next three as {field, value, ...}; {consumer, last beat, ...};
--          {{model, threshold}, ...}; {how many are unanswered, dead lately, ended lately; when the newest permit
--          was granted, or 0}}

local queued, waiting, leases, permits, overdue = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local limit, meta, vendor, workers = KEYS[6], KEYS[7], KEYS[8], KEYS[9]
local unanswered, dead, ended = KEYS[10], KEYS[11], KEYS[12]
local lately_ms = tonumber(ARGV[1])

local models = {}
for i, model in ipairs(cjson.decode(redis.call('HGET', limit, 'models') or '[]')) do
    models[i] = {model, redis.call('HGET', limit .. ':model:' .. model, 'threshold')}
end

local now = now_ms()
local since = now - lately_ms
local newest = redis.call('ZRANGE', permits, -1, -1, 'WITHSCORES')

return {
    now,
    redis.call('ZCARD', queued), redis.call('ZCARD', waiting), redis.call('ZCARD', leases),
    redis.call('ZCARD', permits), redis.call('ZCARD', overdue),
    redis.call('HGETALL', limit), redis.call('HGETALL', meta), redis.call('HGETALL', vendor),
    redis.call('ZRANGE', workers, 0, -1, 'WITHSCORES'),
    models,
    {
        redis.call('ZCARD', unanswered),
        redis.call('ZCOUNT', dead, since, '+inf'), redis.call('ZCOUNT', ended, since, '+inf'),
        tonumber(newest[2]) or 0,
    },
}
