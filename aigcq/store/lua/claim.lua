-- claim: take permits and the first tasks of the order, as many as may run now.
--
-- The threshold, the budget, the order and the ownership are one decision on the
-- server's clock: two workers can neither take the same task nor the last permit.
-- A task that may not run yet stays where it is and keeps its position; tasks of other models
-- and tenants may pass it if it is its model, or its tenant, that has no room.
--
-- USES clock events pending bucket lanes caps limit
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
--        12 lanes      set     models of which tasks were passed
--        13 deadlines  zset    task id -> when it must have started or ended, ms
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
-- RETURN  {ms until it is worth asking again, -1 if only news helps, -2 if an answer to a submission may, -3 if deadlines
--          are over and must be seen to first; ms until the next waiting task is due or -1; last event id; delivery...}
--         delivery: {task id, entry id, request, field, value, ...}

local stream, queued, waiting, leases, permits = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local limit, history, bucket, meta, events, unanswered = KEYS[6], KEYS[7], KEYS[8], KEYS[9], KEYS[10], KEYS[11]
local lanes, deadlines = KEYS[12], KEYS[13]
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

-- The entry goes first: if the group is gone the script ends here, with nothing written.
local function take(order, first, permit, live, threshold)
    local task_id, task = first.task_id, task_prefix .. first.task_id
    local entry_id = hold(stream, group, consumer, task_id, first.entry_id)
    local fence = redis.call('HINCRBY', task, 'fence', 1)
    redis.call('HSETNX', task, 'started_ms', now)
    redis.call('HSET', task, 'status', status, 'phase', phase, 'consumer', consumer, 'entry', entry_id,
        'unproven', 1, 'permit', permit)
    lanes_leave(order, first)
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

local gate = redis.call('HMGET', meta, 'paused', 'breaker_until_ms', 'lanes_to', 'vtime')
if gate[1] then return {-1, until_due(), last_event(events)} end

-- What is too late must not be begun, and so not paid for.
local deadline = redis.call('ZRANGE', deadlines, 0, 0, 'WITHSCORES')
if deadline[2] and tonumber(deadline[2]) <= now then return {-3, until_due(), last_event(events)} end

local state, stored, models = limit_open(at, law, now)
local live, pending = limit_live(at, now)
local broken_until = math.min(tonumber(gate[2]) or 0, now + LONGEST_BREAK_MS)
local order = lanes_open(queued, meta, lanes, permits, gate[3], gate[4])
local scopes = {} -- of the models that have a limit, once they are asked for
local caps = {} -- of the tenants that have one, likewise

-- What is granted on trial changes nothing.
local function on_trial(of_law, of_state, of_live, of_pending)
    local trial = {}
    for field, value in pairs(of_state) do trial[field] = value end
    local kind, wait = policy.grant(trial, of_law, of_live, of_pending, now)
    return kind, wait, trial
end

local function has_room(model)
    if #models == 0 then return true end
    if scopes[model] == nil then scopes[model] = limit_of_model(at, law, models, model, now) or false end
    local own = scopes[model]
    if not own then return true end
    if not own.trial then own.kind, own.wait, own.trial = on_trial(own.law, own.state, own.live, own.pending) end
    return own.kind ~= nil
end

local function below_cap(tenant)
    if caps[tenant] == nil then caps[tenant] = cap_of(order, tenant) end
    return not caps[tenant] or caps[tenant].live < caps[tenant].most
end

local function until_one_may_go()
    return math.max(0, broken_until - now, until_token(bucket, rate, burst, now))
end

-- Nobody is passed while the account has no room for those behind either.
local account_room -- nil while nobody has asked
local function account_has_room()
    if account_room == nil then account_room = until_one_may_go() == 0 and on_trial(law, state, live, pending) ~= nil end
    return account_room
end

-- What has ended or runs already must not run from here, whatever put it there.
local function next_task()
    while order.left > 0 do
        local first = lanes_first(order, has_room)
        if not first.task_id then return nil end
        local record = redis.call('HMGET', task_prefix .. first.task_id, 'entry', 'status', 'model', 'tenant')
        first.tenant = record[4] or ''
        if record[2] == queued_as then
            first.entry_id, first.model = record[1], model_name(record[3])
            local below = below_cap(first.tenant)
            if has_room(first.model) and below or not account_has_room() then return first end
            if not below then put_aside(order, first.tenant, caps[first.tenant].held) end
            if first.lane then
                order.left = order.left - 1 -- whatever happens, this comes to an end
            else
                lanes_pass(order, first.task_id, first.model, first.tenant)
            end
        else
            lanes_leave(order, first)
        end
    end
end

local function until_the_account_has_room()
    local wait = until_one_may_go()
    if wait == 0 then wait = select(2, on_trial(law, state, live, pending)) end
    return wait < 0 and pending > 0 and -2 or wait
end

-- The ms until what was passed may be worth asking for again.
local function until_a_model_has_room()
    if order.left == 0 then return 0 end
    if order.cursor and not account_has_room() and redis.call('EXISTS', queued) == 1 then return until_the_account_has_room() end
    local soonest = -1
    for model in pairs(order.heads) do
        local own = scopes[model]
        if own and own.wait >= 0 and (soonest < 0 or own.wait < soonest) then soonest = own.wait end
        if own and own.wait < 0 and own.pending > 0 and soonest == -1 then soonest = -2 end
    end
    return soonest
end

-- of_tenant: note the permit of a tenant that has a cap.
local function of_tenant(first)
    local cap = caps[first.tenant]
    if not cap then return end
    redis.call('ZADD', cap.held, 0, first.task_id)
    cap.live = cap.live + 1
end

-- of_model: note the permit of a model that has a limit.
local function of_model(model)
    local own = scopes[model]
    if not own then return '' end
    own.state, own.trial, own.live, own.pending = own.trial, nil, own.live + 1, own.pending + 1
    return string.format('/%s:%d:%d', own.kind, own.state.epoch, own.live)
end

local answer = {-1, until_due(), ''}
for _ = 1, count do
    local first = next_task()
    if not first then
        answer[1] = until_a_model_has_room()
        break
    end
    local permit
    local wait = until_one_may_go()
    if wait == 0 then permit, wait = policy.grant(state, law, live, pending, now) end
    if not permit then
        answer[1] = wait < 0 and pending > 0 and -2 or wait
        break
    end
    take_token(bucket, rate, burst, now)
    permit = string.format('%s:%d:%d', permit, state.epoch or 0, live + 1) .. of_model(first.model)
    if scopes[first.model] then redis.call('ZADD', scopes[first.model].at.permits, now, first.task_id) end
    of_tenant(first)
    table.insert(answer, take(order, first, permit, live, state.threshold))
    lanes_moment(order, first.score)
    live, pending, account_room = live + 1, pending + 1, nil
end
limit_save(at, law, state, stored, stored.threshold and 'recovered' or 'started', live)
for _, own in pairs(scopes) do
    if own then limit_save(own.at, own.law, own.state, own.stored, 'recovered', own.live) end
end
lanes_close(order)
answer[3] = last_event(events)
return answer
