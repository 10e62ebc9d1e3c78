-- depths: read how much there is of everything, and since when.
--
-- The oldest queued task is looked for among the oldest open ones, of which some run or wait: among so many at
-- most, else it is taken to be the one that is next.
--
-- USES clock
-- KEYS    1 stream     stream
--         2 queued     zset    task id -> dispatch score
--         3 dead       zset    failed task id -> ended, ms
--         4 outbox     zset    <task id>:<moment> -> when it is delivered next, ms
--         5 unanswered zset    task id -> granted, ms
--         6 quarantine zset    task id -> when its permit is given back, ms
--         7 overdue    zset    task id -> sent, ms
--         8 leases     zset    task id -> lease deadline, ms
--         9 history    stream
-- ARGV    1 group        string
--         2 task_prefix  string
--         3 most         int     entries that are looked through
-- RETURN  {now; how long the stream is; how many are pending, dead, to be told, unanswered, quarantined; since when, ms
--          or 0 if there is none: the oldest queued task was created, the oldest delivery was begun, the first note is
--          due, the first overdue task was sent, the first lease ends; id of the last change of a threshold}

local stream, queued, dead, outbox, unanswered = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local quarantine, overdue, leases, history = KEYS[6], KEYS[7], KEYS[8], KEYS[9]
local group       = ARGV[1]
local task_prefix = ARGV[2]
local most        = tonumber(ARGV[3])

local function since(zset)
    return tonumber(redis.call('ZRANGE', zset, 0, 0, 'WITHSCORES')[2]) or 0
end

local function told(task_id, field)
    return task_id and tonumber(redis.call('HGET', task_prefix .. task_id, field) or 0) or 0
end

local function oldest_queued()
    if redis.call('ZCARD', queued) == 0 then return 0 end
    for _, entry in ipairs(redis.call('XRANGE', stream, '-', '+', 'COUNT', most)) do
        if redis.call('ZSCORE', queued, entry[2][2]) then return told(entry[2][2], 'created_ms') end
    end
    return told(redis.call('ZRANGE', queued, 0, 0)[1], 'created_ms')
end

local function oldest_delivery()
    local pending = redis.pcall('XPENDING', stream, group, '-', '+', 1) -- without a group there is nothing
    local entry = pending.err == nil and pending[1] and redis.call('XRANGE', stream, pending[1][1], pending[1][1])[1]
    return entry and told(entry[2][2], 'started_ms') or 0
end

local pending = redis.pcall('XPENDING', stream, group)
local last = redis.call('XREVRANGE', history, '+', '-', 'COUNT', 1)[1]
return {
    now_ms(), redis.call('XLEN', stream), pending.err == nil and pending[1] or 0,
    redis.call('ZCARD', dead), redis.call('ZCARD', outbox), redis.call('ZCARD', unanswered),
    redis.call('ZCARD', quarantine),
    oldest_queued(), oldest_delivery(), since(outbox), since(overdue), since(leases),
    last and last[1] or '0-0',
}
