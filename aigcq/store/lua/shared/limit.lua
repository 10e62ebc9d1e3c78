-- The concurrency law `step`, where it must be atomic with its cause. The same as limit/step.py.

-- limit_state: what the law remembers, with every rise that is due. No time in it is of a future that a
-- clock which was set back has undone.
local function limit_state(limit, law, now)
    local stored = redis.call('HMGET', limit, 'threshold', 'quiet_ms', 'cut_ms', 'hold_until_ms')
    local threshold = tonumber(stored[1]) or law.default
    local quiet_ms = math.min(tonumber(stored[2]) or now, now)
    local steps = math.floor((now - quiet_ms) / law.interval_ms)
    local state = {
        stored = tonumber(stored[1]),
        threshold = math.max(law.minimum, math.min(law.maximum, threshold + steps * law.increase)),
        quiet_ms = quiet_ms + steps * law.interval_ms,
        cut_ms = math.min(tonumber(stored[3]) or 0, now),
        hold_until_ms = math.min(tonumber(stored[4]) or 0, now + law.hold_ms),
    }
    state.moved = state.threshold ~= state.stored or state.quiet_ms ~= tonumber(stored[2])
    return state
end

-- limit_save: write the state, and a line of history if the threshold moved.
local function limit_save(limit, history, events, cap, state, cause, live)
    redis.call('HSET', limit, 'threshold', state.threshold, 'quiet_ms', state.quiet_ms,
        'cut_ms', state.cut_ms, 'hold_until_ms', state.hold_until_ms)
    if state.threshold == state.stored then return end
    redis.call('XADD', history, 'MAXLEN', '~', cap, '*', 'cause', cause,
        'old', state.stored or '', 'new', state.threshold, 'live', live)
    redis.call('XADD', events, 'MAXLEN', '~', cap, '*', 'event', 'limit', 'cause', cause, 'threshold', state.threshold)
end

-- limit_throttled: the vendor refused the permit that was granted at granted_ms.
local function limit_throttled(state, law, now, granted_ms)
    if granted_ms > state.cut_ms then
        state.threshold = math.max(law.minimum, state.threshold - law.decrease)
        state.cut_ms = now
    end
    state.quiet_ms = now
    state.hold_until_ms = now + law.hold_ms
end

-- limit_refused: tell the law that the vendor refused the permit of this task.
local function limit_refused(limit, history, events, cap, law, permits, task_id, now)
    local granted_ms = tonumber(redis.call('ZSCORE', permits, task_id)) or now
    local state = limit_state(limit, law, now)
    limit_throttled(state, law, now, granted_ms)
    limit_save(limit, history, events, cap, state, 'throttled', redis.call('ZCARD', permits) - 1)
end
