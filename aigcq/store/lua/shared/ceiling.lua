-- The concurrency law `ceiling`. The same as limit/ceiling.py, where every field is explained.
-- What is told of a permit comes with the counts after it, and with when the vendor task finished.
local policy = {}

policy.FIELDS = {
    'threshold', 'started_ms', 'known', 'epoch', 'base', 'ramp', 'probe_at_ms', 'hold_until_ms',
    'refusals', 'proven', 'held', 'top', 'top_ms', 'accepted_ms', 'refused_ms', 'fallen_from',
    'lag', 'ended_ms', 'ended', 'late_ms',
}

do
    -- A constant of one function stands in it: out here, each call of the script would pay for binding it.
    local LONGEST_HOLD_MS, PROBE_MS = 15000, 30000
    local NORMAL, PROBE = 'n', 'p'
    local min, max = math.min, math.max

    local function bounded(law, threshold) return max(law.minimum, min(law.maximum, threshold)) end

    local function recently(at_ms, law, now)
        local MEMORY = 60
        return at_ms > 0 and now - at_ms < MEMORY * law.interval_ms
    end

    local function below_the_top(state, law, now)
        return state.threshold < state.top and recently(state.top_ms, law, now)
    end

    local function interval(state, law, now)
        return below_the_top(state, law, now) and law.interval_ms or 2 * law.interval_ms
    end

    local function seen(state, law, level, now)
        if level < state.top and recently(state.top_ms, law, now) then return end
        state.top, state.top_ms = level, now
    end

    local function lower(state, law, measured, now)
        local lowered = min(state.threshold, bounded(law, measured))
        state.threshold, state.base = lowered, lowered
        state.proven, state.held = min(state.proven, lowered), min(state.held, lowered)
        state.probe_at_ms = now + interval(state, law, now)
    end

    local function cut(state, law, measured, now)
        local fresh = now - state.accepted_ms < 2 * law.interval_ms and measured >= state.base
        seen(state, law, fresh and min(state.proven, state.base) or state.proven, now)
        if state.fallen_from == 0 then state.fallen_from = state.threshold end
        state.refused_ms, state.epoch = now, state.epoch + 1
        lower(state, law, measured, now)
    end

    local function beginning(state, live, now)
        local START_MS = 3000
        local doublings = min(20, math.floor((now - state.started_ms) / START_MS))
        if state.known == 1 or live < max(2 ^ doublings, state.held) then return 0 end
        return START_MS - (now - state.started_ms) % START_MS
    end

    local function due(state, law, now)
        local ENOUGH_ENDED = 18
        local enough = state.ramp > 0 or below_the_top(state, law, now) or state.ended >= ENOUGH_ENDED
        return enough and now >= state.probe_at_ms
    end

    local function pause(state, law, now)
        local RAMP_MS, LATE_RAMP_MS, LATE_STEPS = 500, 15000, 3
        if recently(state.late_ms, law, now) then
            return state.ramp > LATE_STEPS and below_the_top(state, law, now) and 0 or LATE_RAMP_MS
        end
        return recently(state.refused_ms, law, now) and 0 or RAMP_MS
    end

    -- load: what is stored; what another policy has written is the beginning, at its threshold.
    function policy.load(stored, law, now)
        local PAST = {'started_ms', 'top_ms', 'accepted_ms', 'refused_ms', 'ended_ms', 'late_ms'}
        local state, fields = {}, policy.FIELDS
        if not stored.started_ms then
            for i = 1, #fields do state[fields[i]] = 0 end
            state.threshold = stored.threshold or law.default
            state.base = state.threshold
            state.started_ms = now
        else
            for i = 1, #fields do state[fields[i]] = stored[fields[i]] or 0 end
            -- A clock that was set back must stop nothing for as long.
            for i = 1, #PAST do
                if state[PAST[i]] > now then state[PAST[i]] = now end
            end
            state.hold_until_ms = min(state.hold_until_ms, now + LONGEST_HOLD_MS)
            state.probe_at_ms = min(state.probe_at_ms, now + max(2 * law.interval_ms, PROBE_MS))
        end
        state.threshold, state.base = bounded(law, state.threshold), bounded(law, state.base)
        return state
    end

    -- grant: a permit's kind and epoch or nil, and the ms after which it is worth asking again, -1: only news helps.
    function policy.grant(state, law, live, pending, now)
        local IDLE_MS = 10000
        if now < state.hold_until_ms then return nil, state.hold_until_ms - now end
        if live == 0 and state.known == 0 and now - state.ended_ms > IDLE_MS then state.started_ms = now end
        local wait = beginning(state, live, now)
        if wait > 0 then return nil, wait end
        local most = (state.refusals > 0 or live >= state.proven) and 1 or math.ceil(state.threshold / 8)
        if live > state.threshold or pending >= most then return nil, -1 end
        if live < state.threshold then
            if state.lag > 0 and live + 1 >= state.proven and now < state.ended_ms + state.lag then
                return nil, state.ended_ms + state.lag - now
            end
            return NORMAL, 0
        end
        if state.threshold >= law.maximum or pending > 0 then return nil, -1 end
        if not due(state, law, now) then
            return nil, now < state.probe_at_ms and state.probe_at_ms - now or -1
        end
        if state.ramp == 0 then state.base = state.threshold end
        state.probe_at_ms = now + PROBE_MS
        return PROBE, 0
    end

    function policy.accepted(state, law, _, live, pending, now)
        local BLIP_MS, LAG_STEP_MS, MOST_LAG_MS = 20000, 500, 6000
        local flying = live - pending
        if state.refusals == 1 and now - state.ended_ms < BLIP_MS then
            state.lag = min(MOST_LAG_MS, state.lag + LAG_STEP_MS)
        end
        if state.fallen_from - state.threshold >= 2 then state.probe_at_ms = now end
        state.refusals, state.fallen_from = 0, 0
        if flying > state.threshold then
            state.threshold = min(law.maximum, max(flying, state.threshold + law.increase))
            state.ramp, state.accepted_ms = state.ramp + 1, now
            state.probe_at_ms = now + pause(state, law, now)
        end
        state.proven = max(state.proven, flying)
    end

    function policy.refused(state, law, permit, live, _, now)
        local FIRST_HOLD_MS = 2000
        local first = state.known == 0
        state.known = 1
        if permit.epoch ~= state.epoch then return end
        if permit.kind == PROBE then
            state.refused_ms, state.ramp, state.ended = now, 0, 0
            state.probe_at_ms = now + interval(state, law, now)
            return
        end
        state.refusals, state.ramp = state.refusals + (first and 2 or 1), 0
        state.hold_until_ms = now + min(LONGEST_HOLD_MS, FIRST_HOLD_MS * 2 ^ min(state.refusals - 1, 10))
        local measured = bounded(law, live)
        if state.refusals >= 2 and measured < state.threshold then cut(state, law, measured, now) end
    end

    function policy.rate_limited(state, _, _, _, _, now)
        local RATE_HOLD_MS = 1000
        state.hold_until_ms = max(state.hold_until_ms, now + RATE_HOLD_MS)
    end

    function policy.failed(state, law, permit, live, pending, now)
        local FAILED_HOLD_MS = 5000
        local first, flying, normal = state.known == 0, live - pending, permit.kind == NORMAL
        state.known, state.late_ms, state.hold_until_ms = 1, now, now + FAILED_HOLD_MS
        if permit.epoch ~= state.epoch then
            if normal and bounded(law, flying) < state.threshold then lower(state, law, flying, now) end
            return
        end
        local measured = permit.rank - 1
        if normal or first then measured = min(measured, flying) end
        if normal then measured = min(measured, state.threshold - 1) end
        if state.held > 0 then seen(state, law, state.held, now) end
        state.epoch, state.ramp, state.ended = state.epoch + 1, 0, 0
        lower(state, law, measured, now)
    end

    function policy.waiting(state, law, permit, _, _, now)
        state.known, state.late_ms = 1, now
        if permit.epoch ~= state.epoch or permit.rank > state.threshold then return end
        state.ramp = 0
        lower(state, law, permit.rank - 1, now)
    end

    function policy.ended(state, law, permit, _, _, now, finished_ms)
        local LAG_DECAY_MS = 25
        if permit.epoch == state.epoch then state.held = max(state.held, min(permit.rank, state.threshold)) end
        state.ended_ms, state.ended, state.lag = now, state.ended + 1, max(0, state.lag - LAG_DECAY_MS)
        local latest = max(finished_ms, permit.granted_ms)
        if latest < state.refused_ms then
            state.threshold = max(law.minimum, state.threshold - 1)
        elseif latest < state.accepted_ms and state.threshold > state.base then
            state.threshold = state.threshold - 1
            if state.threshold <= state.base and state.threshold >= state.top then
                state.ramp, state.probe_at_ms = 0, now + PROBE_MS
            end
        end
        state.proven, state.held = min(state.proven, state.threshold), min(state.held, state.threshold)
    end
end
