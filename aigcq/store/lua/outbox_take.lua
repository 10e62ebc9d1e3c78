-- outbox_take: lend notes that are due to one worker; who dies with them has only delayed them.
--
-- USES clock
-- KEYS    1 outbox zset    <task id>:<moment> -> when it is delivered next, ms
--         2 tries  hash    <task id>:<moment> -> how often its receiver was called
-- ARGV    1 count     int     at most this many
--         2 lease_ms  int     after that others may take them
-- RETURN  {ms until the next one is due, or -1; {note, when its lease ends, tries}...}

local outbox, tries = KEYS[1], KEYS[2]
local count    = tonumber(ARGV[1])
local lease_ms = tonumber(ARGV[2])

local now = now_ms()
local answer = {-1}
for i, note in ipairs(redis.call('ZRANGEBYSCORE', outbox, '-inf', now, 'LIMIT', 0, count)) do
    redis.call('ZADD', outbox, now + lease_ms, note)
    answer[i + 1] = {note, now + lease_ms, tonumber(redis.call('HGET', tries, note) or 0)}
end
local first = redis.call('ZRANGE', outbox, 0, 0, 'WITHSCORES')
if first[2] then answer[1] = math.max(0, tonumber(first[2]) - now) end
return answer
