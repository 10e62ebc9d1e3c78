-- reclaim: take over deliveries whose lease has ended, oldest first, and mend what is broken.
--
-- By deadline, O(expired). XAUTOCLAIM is not used: it silently drops pending entries whose
-- stream entry is gone, and scans the living to find the dead.
--
-- USES clock events pending
-- KEYS    1 stream     stream
--         2 leases     zset    task id -> lease deadline, ms
--         3 permits    zset    task id -> granted, ms
--         4 quarantine zset    task id -> when its permit is given back, ms
--         5 events     stream
-- ARGV    1 group        string
--         2 consumer     string
--         3 task_prefix  string
--         4 count        int     at most this many
--         5 lease_ms     int
--         6 status       string  of a task that is processing
--         7 submitting   string  phase of a task that is being submitted
--         8 saving       string  phase of a task whose video is being stored
--         9 expired      int     0 to take only what was handed back: its deadline is 0
--        10 cap          int     of the events
-- RETURN  {ms until the next lease ends or -1, delivery...}, as claim answers them

local stream, leases, permits, quarantine, events = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local group       = ARGV[1]
local consumer    = ARGV[2]
local task_prefix = ARGV[3]
local count       = tonumber(ARGV[4])
local lease_ms    = tonumber(ARGV[5])
local status      = ARGV[6]
local submitting  = ARGV[7]
local saving      = ARGV[8]
local expired     = tonumber(ARGV[9])
local cap         = tonumber(ARGV[10])

local now = now_ms()

-- A lease without a task that is being processed belongs to nobody.
local function drop(task_id)
    redis.call('ZREM', leases, task_id)
    if not redis.call('ZSCORE', quarantine, task_id) then redis.call('ZREM', permits, task_id) end
    tell(events, cap, 'alarm', task_id, '', 'cause', 'a lease without a task in progress was freed')
end

local function take(task_id)
    local task = task_prefix .. task_id
    local record = redis.call('HMGET', task, 'entry', 'status', 'phase')
    if record[2] ~= status then return drop(task_id) end
    local entry_id = hold(stream, group, consumer, task_id, record[1])
    local fence = redis.call('HINCRBY', task, 'fence', 1)
    redis.call('HSET', task, 'consumer', consumer, 'entry', entry_id)
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
for _, task_id in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', now * expired, 'LIMIT', 0, count)) do
    local delivery = take(task_id)
    if delivery then table.insert(answer, delivery) end
end
local next_lease = redis.call('ZRANGE', leases, 0, 0, 'WITHSCORES')
if next_lease[2] then answer[1] = math.max(0, tonumber(next_lease[2]) - now) end
return answer
