-- The concurrency limit: the law that the operator has chosen, and where its permits are.
--
-- `policy` is that law, and no other is in the script: each call would pay for making its functions.
--
-- USES policy scopes order
--
-- at: the keys {limit, history, events, permits, unanswered}, and cap, of the two streams; if it is known, queued.
-- The account always has a limit. A model has one once its numbers say that it is what the vendor refuses, by the
-- law `ceiling`; then its permits have an index, in which those are left over that `permits` does not hold.

-- What the vendor has not answered for so long is searched for, and must not block the others meanwhile.
local PENDING_MS = 30000

-- limit_live: how many permits are out, and how many of them the vendor has not answered yet.
local function limit_live(at, now)
    return redis.call('ZCARD', at.permits), redis.call('ZCOUNT', at.unanswered, now - PENDING_MS, '+inf')
end

-- bounded_by: what an operator has set at run time holds over the settings of this process; nil: that is not set.
-- The same as `Law.within`.
local function bounded_by(law, minimum, maximum)
    law.maximum = maximum or math.max(law.maximum, minimum or 0)
    law.minimum = math.min(minimum or law.minimum, law.maximum)
    law.default = math.max(law.minimum, math.min(law.default, law.maximum))
end

-- limit_open: what the law remembers, and what of it is stored; which models have a limit, and which one is suspected.
-- From then on `law` has the bounds that hold.
local function limit_open(at, law, now)
    local fields, stored = policy.FIELDS, {}
    local values = redis.call('HMGET', at.limit, 'models', 'suspect', 'minimum', 'maximum', unpack(fields))
    for i = 1, #fields do stored[fields[i]] = tonumber(values[i + 4] or nil) end
    if values[3] or values[4] then bounded_by(law, tonumber(values[3] or nil), tonumber(values[4] or nil)) end
    local models = law.policy == 'ceiling' and values[1] and cjson.decode(values[1]) or {}
    return policy.load(stored, law, now), stored, models, values[2] or ''
end

local function put_down(at, cause, old, new, live)
    redis.call('XADD', at.history, 'MAXLEN', '~', at.cap, '*', 'cause', cause,
        'old', old, 'new', new, 'live', live, 'scope', at.scope or 'account')
    redis.call('XADD', at.events, 'MAXLEN', '~', at.cap, '*', 'event', 'limit', 'cause', cause, 'threshold', new,
        'scope', at.scope or 'account')
end

-- limit_save: write what has changed, and a line of history if the threshold moved.
local function limit_save(at, law, state, stored, cause, live)
    local fields, changed = policy.FIELDS, {}
    for i = 1, #fields do
        local field = fields[i]
        if state[field] ~= stored[field] then
            table.insert(changed, field)
            table.insert(changed, state[field])
        end
    end
    if #changed > 0 then redis.call('HSET', at.limit, unpack(changed)) end
    -- By itself it only rises: what has fallen is out of bounds that are others than before.
    if cause == 'recovered' and state.threshold < stored.threshold then cause = 'bounded' end
    if state.threshold ~= stored.threshold then put_down(at, cause, stored.threshold or '', state.threshold, live) end
end

-- A model

-- It may run one video only, whatever the account must be allowed; until it was refused nothing limits it.
local function law_of_model(law)
    local of_model = {}
    for name, value in pairs(law) do of_model[name] = value end
    of_model.minimum, of_model.default = 1, law.maximum
    return of_model
end

local function at_model(at, model)
    return {
        limit = at.limit .. ':model:' .. model, history = at.history, events = at.events, cap = at.cap,
        permits = at.permits .. ':' .. model, scope = 'model:' .. model,
    }
end

-- limit_of_model: its limit, with the counts; nil if it has none.
local function limit_of_model(at, law, models, model, now)
    for _, limited in ipairs(models) do
        if limited == model then
            local own, pending = {at = at_model(at, model), law = law_of_model(law)}, 0
            own.state, own.stored = limit_open(own.at, own.law, now)
            own.live = redis.call('ZINTERSTORE', own.at.permits, 2, own.at.permits, at.permits, 'WEIGHTS', 0, 1)
            local unanswered = redis.call('ZINTER', 2, own.at.permits, at.unanswered, 'WEIGHTS', 0, 1, 'WITHSCORES')
            for i = 2, #unanswered, 2 do
                if now - tonumber(unanswered[i]) <= PENDING_MS then pending = pending + 1 end
            end
            own.pending = pending
            return own
        end
    end
end

local function prefix_of(task, task_id) return string.sub(task, 1, -1 - #task_id) end

-- permits_of: which permits are those of a model that has no limit yet.
local function permits_of(at, prefix, model)
    local found = {}
    for _, task_id in ipairs(redis.call('ZRANGE', at.permits, 0, -1)) do
        if model_name(redis.call('HGET', prefix .. task_id, 'model')) == model then table.insert(found, task_id) end
    end
    return found
end

-- Of what is queued so many are looked at from either end.
local LOOK = 500

-- others_wait: whether a task of another model is queued.
local function others_wait(at, prefix, model)
    if not at.queued then return false end
    for _, range in ipairs({{0, LOOK - 1}, {-LOOK, -1}}) do
        for _, task_id in ipairs(redis.call('ZRANGE', at.queued, unpack(range))) do
            if model_name(redis.call('HGET', prefix .. task_id, 'model')) ~= model then return true end
        end
    end
    return false
end

local function list_models(at, models)
    if #models > 0 then
        redis.call('HSET', at.limit, 'models', cjson.encode(models))
    else
        redis.call('HDEL', at.limit, 'models')
    end
end

-- begin_limit: nothing is known of a model until it is refused for the first time.
local function begin_limit(at, law, model, permits, now)
    local own = {at = at_model(at, model), law = law_of_model(law), stored = {}, live = #permits, pending = 0, begins = true}
    own.state = policy.load({}, own.law, now)
    for _, task_id in ipairs(permits) do redis.call('ZADD', own.at.permits, now, task_id) end
    return own
end

-- lift: a model has no limit any more; what binds is the account's, `threshold`.
local function lift(at, models, model, threshold, cause, live)
    local own = at_model(at, model)
    local old = redis.call('HGET', own.limit, 'threshold')
    for i = #models, 1, -1 do
        if models[i] == model then table.remove(models, i) end
    end
    list_models(at, models)
    redis.call('DEL', own.limit, own.permits)
    put_down(own, cause, old or '', threshold, live)
end

-- News

-- permit_in: what was noted when a permit was granted. One that another release has granted is of an older epoch.
local function permit_in(text, pattern, granted_ms)
    local kind, epoch, rank = string.match(text, pattern)
    return {
        kind = kind or 'n', epoch = tonumber(epoch) or -1, rank = tonumber(rank) or 0, granted_ms = granted_ms,
    }
end

-- The vendor has the task.
local KEPT = {accepted = true, waiting = true}
-- They are news of one scope only, when they come and how late; too many requests are the account's.
local CHARGED = {refused = 'at once', failed = 'late'}

-- charge: to which limits the refusal is told, and the model's, which may have to begin.
local function charge(at, law, news, account, model, own, prefix, now)
    local late = CHARGED[news] == 'late'
    local permits = own and {} or permits_of(at, prefix, model)
    local others = account.live - (own and own.live or #permits)
    local created, suspect = string.match(account.suspect, '^(%+?)(.*)$')
    local to_model, to_account, next_suspect = blame({
        limited = own ~= nil, model_probe = own ~= nil and own.permit.kind == 'p',
        account_probe = account.permit.kind == 'p', others = others,
        waiting = others == 0 and others_wait(at, prefix, model), count = late and account.permit.rank or account.live + 1,
        proven = late and account.state.held or account.state.proven, suspect = suspect, model = model,
        full = account.live + 1 >= account.state.threshold,
        own_proven = own ~= nil and not late and own.state.proven > own.live,
    })
    if to_model and not own then
        created = '+'
        own = begin_limit(at, law, model, permits, now)
        own.permit = {kind = 'n', epoch = own.state.epoch, rank = own.live + 1, granted_ms = account.permit.granted_ms}
    elseif next_suspect == '*' and created == '+' then -- it was the account all the time
        lift(at, account.models, suspect, account.state.threshold, news, account.live)
        created = ''
    end
    if next_suspect ~= suspect then redis.call('HSET', at.limit, 'suspect', created .. next_suspect) end
    return to_model and own or nil, to_account and account or nil, own
end

-- limit_tell: tell the law what became of the permit of a task, and give it back unless the vendor has the task.
-- ended_ms: for how long the vendor task is over, if it is.
local function limit_tell(at, law, news, task, task_id, ended_ms, now)
    local record = redis.call('HMGET', task, 'permit', 'model')
    local granted_ms = tonumber(redis.call('ZSCORE', at.permits, task_id)) or now
    redis.call('ZREM', at.unanswered, task_id)
    if not KEPT[news] then redis.call('ZREM', at.permits, task_id) end
    local account = {at = at, law = law, permit = permit_in(record[1] or '', '^(%a):(%d+):(%d+)', granted_ms)}
    account.live, account.pending = limit_live(at, now)
    account.state, account.stored, account.models, account.suspect = limit_open(at, law, now)

    local model = law.policy == 'ceiling' and model_name(record[2]) or ''
    local own = model ~= '' and limit_of_model(at, law, account.models, model, now)
    if own then own.permit = permit_in(record[1] or '', '/(%a):(%d+):(%d+)$', granted_ms) end
    local told = {account, own or nil}
    if CHARGED[news] and model ~= '' then
        local to_model, to_account
        to_model, to_account, own = charge(at, law, news, account, model, own or nil, prefix_of(task, task_id), now)
        told = to_model and {to_model, to_account} or {to_account}
    elseif news == 'rate_limited' then
        told = {account}
    elseif news == 'accepted' and account.suspect ~= '' then
        redis.call('HDEL', at.limit, 'suspect')
    end

    for _, one in ipairs(told) do
        policy[news](one.state, one.law, one.permit, one.live, one.pending, now, now - ended_ms)
        limit_save(one.at, one.law, one.state, one.stored, news, one.live)
    end
    if own and own.begins then -- last: what is listed is there
        table.insert(account.models, model)
        list_models(at, account.models)
    end
    local threshold = account.state.threshold
    if own and own.state.threshold > (own.stored.threshold or own.state.threshold) and own.state.threshold >= threshold then
        lift(at, account.models, model, threshold, news, own.live)
    end
end
