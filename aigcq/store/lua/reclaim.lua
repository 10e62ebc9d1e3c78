-- reclaim: take over deliveries whose lease has ended, oldest first, and mend what is broken.
--
-- By deadline, O(expired). XAUTOCLAIM is not used: it silently drops pending entries whose
-- stream entry is gone, and scans the living to find the dead.
--
-- A worker that died before it could renew may have died of the task. One that is a death away
-- from being called poisoned is a suspect: it is given alone, so that no bystander is blamed
-- for what it does. A worker renews before each beat: one that has beaten since has not died, but
-- was never told what it was given (its answer was lost), and that is held against nobody.
--
-- USES clock events pending
-- KEYS    1 stream     stream
--         2 leases     zset    task id -> lease deadline, ms
--         3 permits    zset    task id -> granted, ms
--         4 quarantine zset    task id -> when its permit is given back, ms
--         5 workers    zset    consumer -> last beat, ms
--         6 events     stream
--         7 unanswered zset    task id -> granted, ms
-- ARGV    1 group        string
--         2 consumer     string
--         3 task_prefix  string
--         4 count        int     at most this many
--         5 lease_ms     int
--         6 status       string  of a task that is processing
--         7 submitting   string  phase of a task that is being submitted
--         8 saving       string  phase of a task whose video is being stored
--         9 expired      int     0 to take only what was handed back: its deadline is 0
--        10 max_deaths   int     as many deaths in a row make a task poisoned
--        11 unproven     int     deliveries that this consumer holds and has not renewed yet
--        12 cap          int     of the events
-- RETURN  {ms until the next lease ends or -1, delivery...}, as claim answers them

local stream, leases, permits, quarantine = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local workers, events, unanswered = KEYS[5], KEYS[6], KEYS[7]
local group       = ARGV[1]
local consumer    = ARGV[2]
local task_prefix = ARGV[3]
local count       = tonumber(ARGV[4])
local lease_ms    = tonumber(ARGV[5])
local status      = ARGV[6]
local submitting  = ARGV[7]
local saving      = ARGV[8]
local expired     = tonumber(ARGV[9])
local max_deaths  = tonumber(ARGV[10])
local unproven    = tonumber(ARGV[11])
local cap         = tonumber(ARGV[12])

-- So many may be passed over; behind them others wait.
local SUSPECTS = 500

local now = now_ms()

-- A lease without a task that is being processed belongs to nobody.
local function drop(task_id)
    for _, place in ipairs({leases, unanswered}) do redis.call('ZREM', place, task_id) end
    if not redis.call('ZSCORE', quarantine, task_id) then redis.call('ZREM', permits, task_id) end
    tell(events, cap, 'alarm', task_id, '', 'cause', 'a lease without a task in progress was freed')
end

-- deaths_of: how many workers in a row have died before they could renew, the one whose lease ended included.
local function deaths_of(task_id, deadline)
    local record = redis.call('HMGET', task_prefix .. task_id, 'unproven', 'deaths', 'consumer')
    local last_beat = tonumber(redis.call('ZSCORE', workers, record[3] or '')) or 0
    local died = record[1] and last_beat <= deadline - lease_ms -- not if it was handed back: its deadline is 0
    return (tonumber(record[2]) or 0) + (died and 1 or 0)
end

local function take(task_id, deaths)
    local task = task_prefix .. task_id
    local record = redis.call('HMGET', task, 'entry', 'status', 'phase')
    if record[2] ~= status then return drop(task_id) end
    local entry_id = hold(stream, group, consumer, task_id, record[1])
    local fence = redis.call('HINCRBY', task, 'fence', 1)
    redis.call('HSET', task, 'consumer', consumer, 'entry', entry_id, 'unproven', 1)
    if deaths > 0 then redis.call('HSET', task, 'deaths', deaths) end
    if record[3] == submitting then redis.call('HSET', task, 'ambiguous', 1) end
    redis.call('ZADD', leases, now + lease_ms, task_id)
    if record[3] ~= saving then redis.call('ZADD', permits, 'NX', now, task_id) end -- a half-done claim had none
    tell(events, cap, 'reclaim', task_id, status, 'consumer', consumer, 'fence', fence)
    return {task_id, entry_id, redis.call('GET', task .. ':request') or '', unpack(redis.call('HGETALL', task))}
end

for _, task_id in ipairs(redis.call('ZRANGEBYSCORE', quarantine, '-inf', now, 'LIMIT', 0, count)) do
    redis.call('ZREM', quarantine, task_id)
    redis.call('ZREM', permits, task_id)
    tell(events, cap, 'release', task_id, '')
end

local answer = {-1}
local ended = redis.call('ZRANGEBYSCORE', leases, '-inf', now * expired, 'WITHSCORES', 'LIMIT', 0, count + SUSPECTS)
for i = 1, #ended, 2 do
    if #answer > count then break end
    local deaths = deaths_of(ended[i], tonumber(ended[i + 1]))
    local suspect = deaths > 0 and deaths >= max_deaths - 1
    if not suspect or #answer + unproven == 1 then
        local delivery = take(ended[i], deaths)
        if delivery then table.insert(answer, delivery) end
        if suspect then break end
    end
end
local next_lease = redis.call('ZRANGE', leases, 0, 0, 'WITHSCORES')
if next_lease[2] then answer[1] = math.max(0, tonumber(next_lease[2]) - now) end
return answer
