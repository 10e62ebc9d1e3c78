-- tell: one state change, for everyone who listens; more fields may follow.
local function tell(events, cap, event, task_id, status, ...)
    redis.call('XADD', events, 'MAXLEN', '~', cap, '*', 'event', event, 'task', task_id, 'status', status, ...)
end

-- last_event: the id after which a reader misses nothing that happens from now on.
local function last_event(events)
    local newest = redis.call('XREVRANGE', events, '+', '-', 'COUNT', 1)
    return newest[1] and newest[1][1] or '0-0'
end
