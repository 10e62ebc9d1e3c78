-- The order, in which tenants have their shares, and those in it that others may pass.
--
-- `queued` is the one order, by start tags: virtual seconds, of which a tenant uses the expected permit-seconds
-- of its tasks, divided by its weight. A task starts where the one before it of its tenant ends, or now, if that is
-- over: `meta.vtime` is now, the start of what was claimed last, and `finish` holds where each tenant ends.
--
-- Among the tasks of one tenant its own order holds, `own:<tenant>`: sequence and priority. It says which
-- of them has which of their tags; so nothing that a tenant does with its priorities moves a task of another.
-- What is in there and not in `queued` is left over, and dropped when seen; what is in `queued` only has just its tag.
--
-- Where the model of the first has no room, or its tenant, others pass it: what was passed lies in lanes too, one for each
-- model and tenant, up to a cursor, and claims look there and behind the cursor. `lanes` are the models, and
-- `lanes:<model>` has the tenants by what is first in their lanes, or was.
-- What a lane holds and `queued` does not is left over; a claim drops it.

-- Starts are multiples of a QUANTUM; the sequence, in TICKs below that, tells those apart that start at the same moment:
-- the older first, up to TICKS of them. 53 bits hold TICKs for 2^38 virtual seconds: 870 years in which
-- one tenant of weight 1 has ten videos made at any time. Beyond that equal ones are in no certain order.
local QUANTUM, TICK, TICKS = 0.125, 2 ^ -15, 4096

-- So many move up when one before them has gone.
local MOST_FILLED = 128
local PAGE = 100

-- model_name: what the vendor may have a limit of: a model, whatever its version.
local function model_name(model) return string.match(model or '', '^[^-]*') end

local function order_of(queued, meta, lanes) return {queued = queued, meta = meta, lanes = lanes} end

-- beside: the name of a key of the same queue.
local function beside(order, name) return string.sub(order.queued, 1, -7) .. name end

local function own_of(order, tenant) return beside(order, 'own:' .. (tenant or '')) end

-- moment_of: the moment of the order that a tag lies in.
local function moment_of(tag) return math.floor(tag / QUANTUM) * QUANTUM end

-- start_of: when the next task of a tenant starts, and when it ends.
local function start_of(order, tenant, moment, cost, weight)
    local start = math.max(moment, tonumber(redis.call('HGET', beside(order, 'finish'), tenant)) or 0)
    return start, start + math.max(1, math.floor(cost / weight / QUANTUM + 0.5)) * QUANTUM
end

-- own_key_of: the place of a task among those of its tenant. A release that knew no tenants put it into `score`.
local function own_key_of(own, priority, seq, score)
    return tonumber(own or (tonumber(priority) or 0) == 0 and seq or score)
end

local function lane_of(order, model, tenant) return order.lanes .. ':' .. model_name(model) .. ':' .. (tenant or '') end

local function cursor_of(order)
    if order.cursor == nil then order.cursor = tonumber(redis.call('HGET', order.meta, 'lanes_to')) or false end
    return order.cursor
end

-- put: let a task start at `score`. The lane goes first: what lies before the cursor and in no lane would be seen by nobody.
local function put(order, tenant, task_id, score, model)
    local cursor = cursor_of(order)
    if cursor and score <= cursor then
        redis.call('ZADD', lane_of(order, model, tenant), score, task_id)
        redis.call('ZADD', order.lanes .. ':' .. model_name(model), 'LT', score, tenant or '')
        redis.call('SADD', order.lanes, model_name(model))
    end
    redis.call('ZADD', order.queued, score, task_id)
end

-- leave_lane: what moves is no more where it was passed.
local function leave_lane(order, tenant, task_id, model)
    if cursor_of(order) then redis.call('ZREM', lane_of(order, model, tenant), task_id) end
end

-- move: let a task that is queued start at `score`.
local function move(order, tenant, task_id, score, own_key)
    local task = beside(order, 'task:') .. task_id
    local cursor = cursor_of(order)
    local model = cursor and redis.call('HGET', task, 'model') or ''
    redis.call('HSET', task, 'score', score, 'own', own_key)
    put(order, tenant, task_id, score, model)
    if cursor and score > cursor then leave_lane(order, tenant, task_id, model) end
end

-- displaced: of which tasks of a tenant the tags do not agree with the own order, if one comes to it with this tag;
-- of those behind it, or of those before it, the nearest first: {task id, own key, tag}.
local function displaced(order, own, own_key, tag, behind)
    local command, to = 'ZREVRANGEBYSCORE', '-inf'
    if behind then command, to = 'ZRANGEBYSCORE', '+inf' end
    local found, first, count = {}, 0, 1
    while true do
        local page = redis.call(command, own, string.format('(%.17g', own_key), to, 'WITHSCORES', 'LIMIT', first, count)
        for i = 1, #page, 2 do
            local other = tonumber(redis.call('ZSCORE', order.queued, page[i]))
            if not other then
                redis.call('ZREM', own, page[i])
                first = first - 1
            elseif behind and other > tag or not behind and other < tag then
                return found
            else
                table.insert(found, {page[i], page[i + 1], other})
            end
        end
        if #page < 2 * count then return found end
        first, count = first + count, PAGE
    end
end

-- rotate: each gives its tag to the one before it, and the last one gets `tag`; the tag of the first one is free then.
-- The last one moves first: wherever it stops, no two have the same tag, and the orders agree.
local function rotate(order, tenant, moved, tag, behind)
    if #moved > 0 and moved[#moved][3] == tag then tag = tag + (behind and TICK or -TICK) / 2 end -- a move was half-done
    for i = #moved, 1, -1 do
        move(order, tenant, moved[i][1], i < #moved and moved[i + 1][3] or tag, moved[i][2])
    end
end

-- enter: put a task at its place among those of its tenant, which have one tag more then.
local function enter(order, tenant, task_id, own_key, tag, model)
    local own, behind = own_of(order, tenant), true
    local moved = displaced(order, own, own_key, tag, true)
    if #moved == 0 then moved, behind = displaced(order, own, own_key, tag, false), false end
    local got = moved[1] and moved[1][3] or tag
    if got ~= tag then redis.call('HSET', beside(order, 'task:') .. task_id, 'score', got) end
    rotate(order, tenant, moved, tag, behind)
    local finish = beside(order, 'finish')
    if tag > (tonumber(redis.call('HGET', finish, tenant or '')) or 0) then -- what is new comes behind all that are there
        redis.call('HSET', finish, tenant or '', moment_of(tag) + QUANTUM)
    end
    put(order, tenant, task_id, got, model)
    redis.call('ZADD', own, own_key, task_id) -- last: what is in here has its own tag
end

-- come_back: put a task back that has been in the order, or was to wait before it is.
local function come_back(order, task, task_id)
    local record = redis.call('HMGET', task, 'tenant', 'model', 'score', 'own', 'priority', 'seq')
    local own_key = own_key_of(record[4], record[5], record[6], record[3])
    enter(order, record[1], task_id, own_key, tonumber(record[3]), record[2])
end

-- leave: take a task out that will not run. Those behind it of its tenant move up, so that a tenant does not
-- pay for what it takes back.
local function leave(order, task, task_id)
    local record = redis.call('HMGET', task, 'tenant', 'model')
    local own = own_of(order, record[1])
    local free, own_key = tonumber(redis.call('ZSCORE', order.queued, task_id)), redis.call('ZSCORE', own, task_id)
    local rank = redis.call('ZRANK', own, task_id)
    redis.call('ZREM', order.queued, task_id)
    redis.call('ZREM', own, task_id)
    leave_lane(order, record[1], task_id, record[2])
    if not free or not rank then return end
    local behind = redis.call('ZRANGE', own, rank, rank + MOST_FILLED - 1, 'WITHSCORES')
    for i = 1, #behind, 2 do
        local tag = tonumber(redis.call('ZSCORE', order.queued, behind[i]))
        if tag then
            move(order, record[1], behind[i], free, behind[i + 1])
            free = tag
        else
            redis.call('ZREM', own, behind[i])
        end
    end
    if #behind > 0 then redis.call('HSET', task, 'score', free, 'own', own_key) end -- should it ever come back
    if #behind < 2 * MOST_FILLED then
        redis.call('HSET', beside(order, 'finish'), record[1] or '', moment_of(free))
    end
end
