-- The concurrency law `step`. The same as limit/step.py.
local policy = {}

policy.FIELDS = {'threshold', 'quiet_ms', 'cut_ms', 'hold_until_ms'}

-- load: what is stored, with every rise that is due. No time in it is of a future that a clock which was
-- set back has undone.
function policy.load(stored, law, now)
    local quiet_ms = math.min(stored.quiet_ms or now, now)
    local steps = math.floor((now - quiet_ms) / law.interval_ms)
    local threshold = (stored.threshold or law.default) + steps * law.increase
    return {
        threshold = math.max(law.minimum, math.min(law.maximum, threshold)),
        quiet_ms = quiet_ms + steps * law.interval_ms,
        cut_ms = math.min(stored.cut_ms or 0, now),
        hold_until_ms = math.min(stored.hold_until_ms or 0, now + law.hold_ms),
    }
end

function policy.grant(state, law, live, _, now)
    if now < state.hold_until_ms then return nil, state.hold_until_ms - now end
    if live < state.threshold then return 'n', 0 end
    return nil, state.threshold < law.maximum and state.quiet_ms + law.interval_ms - now or -1
end

function policy.refused(state, law, permit, _, _, now)
    if permit.granted_ms > state.cut_ms then
        state.threshold = math.max(law.minimum, state.threshold - law.decrease)
        state.cut_ms = now
    end
    state.quiet_ms = now
    state.hold_until_ms = now + law.hold_ms
end

-- To the base specification every RequestLimitExceeded is the same.
policy.rate_limited, policy.failed = policy.refused, policy.refused
function policy.accepted() end
function policy.waiting() end
function policy.ended() end
