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
-- RETURN  {ms until it is worth asking again or -1, ms until the next waiting task is due or -1,
--          last event id, delivery...}
--         delivery: {task id, entry id, request, field, value, ...}

local stream, queued, waiting, leases, permits = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local limit, history, bucket, meta, events = KEYS[6], KEYS[7], KEYS[8], KEYS[9], KEYS[10]
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

-- The entry goes first: if the group is gone the script ends here, with nothing written.
local function take(task_id, live, threshold)
    local task = task_prefix .. task_id
    local record = redis.call('HMGET', task, 'entry', 'status')
    if record[2] ~= queued_as then -- what has ended or runs already must not run from here, whatever put it there
        redis.call('ZREM', queued, task_id)
        return nil
    end
    local entry_id = hold(stream, group, consumer, task_id, record[1])
    local fence = redis.call('HINCRBY', task, 'fence', 1)
    redis.call('HSETNX', task, 'started_ms', now)
    redis.call('HSET', task, 'status', status, 'phase', phase, 'consumer', consumer, 'entry', entry_id,
        'unproven', 1)
    redis.call('ZREM', queued, task_id)
    redis.call('ZADD', leases, now + lease_ms, task_id)
    redis.call('ZADD', permits, now, task_id)
    tell(events, cap, 'claim', task_id, status, 'consumer', consumer, 'fence', fence, 'live', live, 'threshold', threshold)
    return {task_id, entry_id, redis.call('GET', task .. ':request') or '', unpack(redis.call('HGETALL', task))}
end

local function until_due()
    local due = redis.call('ZRANGE', waiting, 0, 0, 'WITHSCORES')
    return due[2] and math.max(0, tonumber(due[2]) - now) or -1
end

-- Room may also come without an event: when the threshold rises.
local function until_rise(state, live)
    if live < state.threshold or state.threshold >= law.maximum or redis.call('ZCARD', queued) == 0 then return -1 end
    return state.quiet_ms + law.interval_ms - now
end

local gate = redis.call('HMGET', meta, 'paused', 'breaker_until_ms')
if gate[1] then return {-1, until_due(), last_event(events)} end

local live = redis.call('ZCARD', permits)
local state = limit_state(limit, law, now)
if state.moved then
    limit_save(limit, history, events, cap, state, state.stored and 'recovered' or 'started', live)
end

local broken_until = math.min(tonumber(gate[2]) or 0, now + LONGEST_BREAK_MS)
local held_until = math.max(state.hold_until_ms, broken_until)
local room = math.min(count, state.threshold - live)
local answer = {-1, until_due(), ''}
while room > 0 do
    local first = redis.call('ZRANGE', queued, 0, 0)[1]
    if not first then break end
    local wait = now < held_until and held_until - now or take_token(bucket, rate, burst, now)
    if wait > 0 then
        answer[1] = wait
        break
    end
    local delivery = take(first, live, state.threshold)
    if delivery then
        table.insert(answer, delivery)
        room = room - 1
        live = live + 1
    end
end
if answer[1] < 0 then answer[1] = until_rise(state, live) end
answer[3] = last_event(events)
return answer
