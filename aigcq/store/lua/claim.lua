-- claim: take permits and the first tasks of the order, as many as may run now.
--
-- The threshold, the budget, the order and the ownership are one decision on the
-- server's clock: two workers can neither take the same task nor the last permit.
-- A task that may not run yet stays where it is and keeps its position.
--
-- USES clock events pending bucket limit
-- KEYS    1 stream     stream
--         2 queued     zset    task id -> dispatch score
--         3 waiting    zset    task id -> due, ms
--         4 leases     zset    task id -> lease deadline, ms
--         5 permits    zset    task id -> granted, ms
--         6 limit      hash
--         7 history    stream
--         8 bucket     hash    tokens for creating vendor tasks
--         9 meta       hash
--        10 events     stream
--        11 unanswered zset    task id -> granted, ms
-- ARGV    1 group        string
--         2 consumer     string
--         3 task_prefix  string
--         4 count        int     at most this many
--         5 lease_ms     int
--         6 law          JSON
--         7 rate         float   tokens per second
--         8 burst        int
--         9 queued_as    string  status of a task that is queued
--        10 status       string  of a task that is processing
--        11 phase        string  of a task that was given to a worker
--        12 cap          int     of the events
-- RETURN  {ms until it is worth asking again, -1 if only news helps, -2 if an answer to a submission may, ms until the next waiting task is due or -1,
--          last event id, delivery...}
--         delivery: {task id, entry id, request, field, value, ...}

local stream, queued, waiting, leases, permits = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local limit, history, bucket, meta, events, unanswered = KEYS[6], KEYS[7], KEYS[8], KEYS[9], KEYS[10], KEYS[11]
local group       = ARGV[1]
local consumer    = ARGV[2]
local task_prefix = ARGV[3]
local count       = tonumber(ARGV[4])
local lease_ms    = tonumber(ARGV[5])
local law         = cjson.decode(ARGV[6])
local rate        = tonumber(ARGV[7])
local burst       = tonumber(ARGV[8])
local queued_as   = ARGV[9]
local status      = ARGV[10]
local phase       = ARGV[11]
local cap         = tonumber(ARGV[12])

-- A clock that was set back must not stop claims for as long.
local LONGEST_BREAK_MS = 60000

local now = now_ms()
local at = {limit = limit, history = history, events = events, permits = permits, unanswered = unanswered, cap = cap}

-- What has ended or runs already must not run from here, whatever put it there.
local function first_queued()
    while true do
        local task_id = redis.call('ZRANGE', queued, 0, 0)[1]
        if not task_id then return nil end
        local record = redis.call('HMGET', task_prefix .. task_id, 'entry', 'status')
        if record[2] == queued_as then return task_id, record[1] end
        redis.call('ZREM', queued, task_id)
    end
end

-- The entry goes first: if the group is gone the script ends here, with nothing written.
local function take(task_id, entry_id, permit, live, threshold)
    local task = task_prefix .. task_id
    entry_id = hold(stream, group, consumer, task_id, entry_id)
    local fence = redis.call('HINCRBY', task, 'fence', 1)
    redis.call('HSETNX', task, 'started_ms', now)
    redis.call('HSET', task, 'status', status, 'phase', phase, 'consumer', consumer, 'entry', entry_id,
        'unproven', 1, 'permit', permit)
    redis.call('ZREM', queued, task_id)
    redis.call('ZADD', leases, now + lease_ms, task_id)
    redis.call('ZADD', permits, now, task_id)
    redis.call('ZADD', unanswered, now, task_id)
    tell(events, cap, 'claim', task_id, status, 'consumer', consumer, 'fence', fence, 'live', live,
        'threshold', threshold, 'permit', permit)
    return {task_id, entry_id, redis.call('GET', task .. ':request') or '', unpack(redis.call('HGETALL', task))}
end

local function until_due()
    local due = redis.call('ZRANGE', waiting, 0, 0, 'WITHSCORES')
    return due[2] and math.max(0, tonumber(due[2]) - now) or -1
end

local gate = redis.call('HMGET', meta, 'paused', 'breaker_until_ms')
if gate[1] then return {-1, until_due(), last_event(events)} end

local state, stored = limit_open(at, law, now)
local live, pending = limit_live(at, now)
local broken_until = math.min(tonumber(gate[2]) or 0, now + LONGEST_BREAK_MS)
local answer = {-1, until_due(), ''}
for _ = 1, count do
    local task_id, entry_id = first_queued()
    if not task_id then break end
    local permit
    local wait = math.max(0, broken_until - now, until_token(bucket, rate, burst, now))
    if wait == 0 then permit, wait = policy.grant(state, law, live, pending, now) end
    if not permit then
        answer[1] = wait < 0 and pending > 0 and -2 or wait
        break
    end
    take_token(bucket, rate, burst, now)
    permit = string.format('%s:%d:%d', permit, state.epoch or 0, live + 1)
    table.insert(answer, take(task_id, entry_id, permit, live, state.threshold))
    live, pending = live + 1, pending + 1
end
limit_save(at, law, state, stored, stored.threshold and 'recovered' or 'started', live)
answer[3] = last_event(events)
return answer
