-- The order, and those in it that others may pass.
--
-- `queued` is the one order. Where the model of the first has no room, tasks of others pass it: what was
-- passed lies in lanes too, one for each model, up to a cursor, and claims look there and behind the cursor.
-- What a lane holds and `queued` does not is left over; a claim drops it.

-- model_name: what the vendor may have a limit of: a model, whatever its version.
local function model_name(model) return string.match(model or '', '^[^-]*') end

-- place: put a task at its place. The lane goes first: what lies before the cursor and in no lane would be seen by nobody.
local function place(queued, meta, passed, task_id, score, model)
    local cursor = tonumber(redis.call('HGET', meta, 'passed_to') or nil)
    if cursor and tonumber(score) <= cursor then
        redis.call('SADD', passed, model_name(model))
        redis.call('ZADD', passed .. ':' .. model_name(model), score, task_id)
    end
    redis.call('ZADD', queued, score, task_id)
end

-- leave_lane: what moves is no more where it was passed.
local function leave_lane(passed, task_id, model) redis.call('ZREM', passed .. ':' .. model_name(model), task_id) end
