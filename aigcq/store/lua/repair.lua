-- repair: find what a half-done script or a lost write has left behind, a page at a time.
--
-- Each open task is in exactly one of {queued, waiting, pending entries list}; a permit
-- belongs to a lease or is in quarantine, an alarm to a lease, what is unanswered to a permit; a
-- dead letter has failed; what was passed in the order is in a lane. What is held without a lease gets one that has ended, so that the next
-- sweep decides; what is nowhere goes back to its place.
--
-- USES clock events order backlog
-- KEYS    1 stream     stream
--         2 queued     zset    task id -> dispatch score
--         3 waiting    zset    task id -> due, ms
--         4 leases     zset    task id -> lease deadline, ms
--         5 permits    zset    task id -> granted, ms
--         6 quarantine zset    task id -> when its permit is given back, ms
--         7 overdue    zset    task id -> sent, ms
--         8 dead       zset    failed task id -> ended, ms
--         9 ended      zset    task id -> ended, ms
--        10 events     stream
--        11 unanswered zset    task id -> granted, ms
--        12 meta       hash
--        13 lanes      set     models of which tasks were passed
-- ARGV    1 task_prefix  string
--         2 cursor       string  entry id to go on after; "-" from the beginning
--         3 count        int     entries in this page
--         4 queued_as    string  status of a task that is queued
--         5 processing   string  status of a task that is processing
--         6 failed       string  status of a task that failed
--         7 group        string
--         8 ttl_ms       int     how long the record of an ended task is kept
--         9 cap          int     of the events
-- RETURN  {next cursor or "", how many were mended}

local stream, queued, waiting, leases = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local permits, quarantine, overdue, dead = KEYS[5], KEYS[6], KEYS[7], KEYS[8]
local ended, events, unanswered, meta, lanes = KEYS[9], KEYS[10], KEYS[11], KEYS[12], KEYS[13]
local task_prefix = ARGV[1]
local cursor      = ARGV[2]
local count       = tonumber(ARGV[3])
local queued_as   = ARGV[4]
local processing  = ARGV[5]
local failed      = ARGV[6]
local group       = ARGV[7]
local ttl_ms      = tonumber(ARGV[8])
local cap         = tonumber(ARGV[9])

-- Much longer than the time between two repairs, and more than a vendor can end between them.
local RECENT_MS, MOST_RECENT = 900000, 2000
local MOST_LEFT_OVER = 1000

local now = now_ms()
local mended = 0
local order = order_of(queued, meta, lanes)
local lanes_to = cursor_of(order)

local function mend(task_id, cause)
    mended = mended + 1
    tell(events, cap, 'alarm', task_id, '', 'cause', cause)
end

-- What has ended leaves every place, and gets its TTL if it has none; what was never whole is deleted.
local function close(task_id, status)
    local task = task_prefix .. task_id
    leave(order, task, task_id)
    has_ended(stream, task, task_id)
    for _, place in ipairs({waiting, leases, overdue, unanswered}) do redis.call('ZREM', place, task_id) end
    if status == failed then
        redis.call('ZADD', dead, 'NX', tonumber(redis.call('HGET', task, 'ended_ms')) or now, task_id)
    end
    if not redis.call('ZSCORE', quarantine, task_id) then redis.call('ZREM', permits, task_id) end
    for _, key in ipairs({task, task .. ':request', task .. ':result'}) do
        if not status then
            redis.call('DEL', key)
        elseif redis.call('PTTL', key) == -1 then
            redis.call('PEXPIRE', key, ttl_ms)
        end
    end
end

local function remove(entry_id, task_id, cause)
    redis.call('XACK', stream, group, entry_id)
    redis.call('XDEL', stream, entry_id)
    mend(task_id, cause)
end

-- A release that knows no lanes puts tasks before the cursor and into none.
local function check_lane(task_id, tag, model, tenant)
    local lane = lane_of(order, model, tenant)
    if not lanes_to or tag > lanes_to or redis.call('ZSCORE', lane, task_id) then return end
    put(order, tenant, task_id, tag, model)
    mend(task_id, 'a task that others had passed is in its lane again')
end

-- A release that knows no tenants puts tasks into `queued` alone; and what has moved halfway is where `queued` has it.
local function check_tag(task_id, tag, record)
    local task = task_prefix .. task_id
    local own_key = own_key_of(record[7], record[8], record[9], record[3])
    if tonumber(record[3]) ~= tag then redis.call('HSET', task, 'score', tag, 'own', own_key) end
    if not redis.call('ZSCORE', own_of(order, record[6]), task_id) then
        enter(order, record[6], task_id, own_key, tag, record[5])
    end
end

local function check_queued(task_id, record)
    if redis.call('ZREM', leases, task_id) == 1 then
        for _, place in ipairs({permits, overdue, unanswered}) do redis.call('ZREM', place, task_id) end
        mend(task_id, 'a half-done claim was undone')
    end
    local tag = tonumber(redis.call('ZSCORE', queued, task_id))
    if tag then
        if redis.call('ZREM', waiting, task_id) == 1 then mend(task_id, 'a half-done promotion was completed') end
        check_lane(task_id, tag, record[5], record[6])
        check_tag(task_id, tag, record)
    elseif not redis.call('ZSCORE', waiting, task_id) then
        if record[4] then
            redis.call('ZADD', waiting, record[4], task_id)
        else
            come_back(order, task_prefix .. task_id, task_id)
        end
        mend(task_id, 'a queued task that was in no order went back to its place')
    end
end

local function check_processing(task_id, tenant)
    redis.call('ZREM', own_of(order, tenant), task_id)
    if redis.call('ZREM', queued, task_id) + redis.call('ZREM', waiting, task_id) > 0 then
        mend(task_id, 'a half-done claim was completed')
    end
    if redis.call('ZSCORE', leases, task_id) then return end
    redis.call('ZADD', leases, now, task_id)
    mend(task_id, 'a delivery without a lease will be reclaimed')
end

-- A pending entry belongs to a task that is being processed.
local function check_pending(entry_id)
    local entry = redis.call('XRANGE', stream, entry_id, entry_id)[1]
    local task_id = entry and entry[2][2] or ''
    if entry and redis.call('HGET', task_prefix .. task_id, 'status') == processing then return end
    redis.call('XACK', stream, group, entry_id)
    mend(task_id, 'a pending entry without a task in progress was removed')
end

local function check(entry_id, task_id)
    local record = redis.call('HMGET', task_prefix .. task_id, 'entry', 'status', 'score', 'due_ms', 'model',
        'tenant', 'own', 'priority', 'seq')
    if record[2] ~= queued_as and record[2] ~= processing then
        close(task_id, record[2])
        return remove(entry_id, task_id, 'an entry without an open task was removed')
    end
    if record[1] ~= entry_id then return remove(entry_id, task_id, 'a second entry of a task was removed') end
    if redis.call('DEL', task_prefix .. task_id .. ':result') == 1 then
        mend(task_id, 'the result of a half-done end was removed')
    end
    if redis.call('ZREM', dead, task_id) == 1 then mend(task_id, 'a task that is open again was no dead letter') end
    has_begun(stream, record[6], task_id)
    if record[2] == queued_as then check_queued(task_id, record) else check_processing(task_id, record[6]) end
end

local function remove_strays(place, owner, cause)
    for _, task_id in ipairs(redis.call('ZRANGE', place, 0, -1)) do
        if not redis.call('ZSCORE', owner, task_id) then
            redis.call('ZREM', place, task_id)
            mend(task_id, cause)
        end
    end
end

if cursor == '-' then
    for _, task_id in ipairs(redis.call('ZRANGE', permits, 0, -1)) do
        if not redis.call('ZSCORE', leases, task_id) and not redis.call('ZSCORE', quarantine, task_id)
            and redis.call('HGET', task_prefix .. task_id, 'status') ~= processing then
            redis.call('ZREM', permits, task_id)
            mend(task_id, 'a permit without a delivery was freed')
        end
    end
    remove_strays(overdue, leases, 'an alarm without a delivery was ended')
    remove_strays(unanswered, permits, 'a submission without a permit waits for no answer')
end

-- In a rolling upgrade, workers of a release that knows no dead letters let tasks fail beside this one's.
local function list_recently_failed()
    local newest = redis.call('ZREVRANGEBYSCORE', ended, '+inf', now - RECENT_MS, 'LIMIT', 0, MOST_RECENT)
    for _, task_id in ipairs(newest) do
        local record = redis.call('HMGET', task_prefix .. task_id, 'status', 'ended_ms')
        if record[1] == failed and redis.call('ZADD', dead, 'NX', tonumber(record[2]) or now, task_id) == 1 then
            mend(task_id, 'a failed task is a dead letter now')
        end
    end
end

-- What an older release has passed in lanes of its own is in `queued` all the same. Whose cap is met
-- is found anew: workers of an older release note no permits of tenants.
local function look_at_lanes_anew()
    local old = beside(order, 'passed')
    for _, model in ipairs(redis.call('SMEMBERS', old)) do redis.call('DEL', old .. ':' .. model) end
    redis.call('DEL', old, beside(order, 'caps'))
    redis.call('HDEL', meta, 'passed_to')
    redis.call('SUNIONSTORE', beside(order, 'caps:changed'), beside(order, 'caps:changed'), beside(order, 'full'))
end

-- A tenant that ends before the moment of the order begins there anew; what a worker of an older release has
-- claimed is left over in the own order, where it was the first.
local function look_at_shares()
    local moment, ends = tonumber(redis.call('HGET', meta, 'vtime')), redis.call('HGETALL', beside(order, 'finish'))
    for i = 1, #ends, 2 do
        local own = own_of(order, ends[i])
        for _, task_id in ipairs(redis.call('ZRANGE', own, 0, MOST_LEFT_OVER - 1)) do
            if redis.call('ZSCORE', queued, task_id) then break end
            redis.call('ZREM', own, task_id)
        end
        if moment and tonumber(ends[i + 1]) <= moment then redis.call('HDEL', beside(order, 'finish'), ends[i]) end
    end
end

-- A few each time: there are none but after an upgrade.
local function look_at_backlogs()
    for _, tenant in ipairs(redis.call('SMEMBERS', beside(order, 'open'))) do
        local open = open_of(stream, tenant)
        for _, task_id in ipairs(redis.call('SRANDMEMBER', open, MOST_LEFT_OVER)) do
            local record = redis.call('HMGET', task_prefix .. task_id, 'status', 'ended_ms')
            if not record[1] or record[2] then redis.call('SREM', open, task_id) end
        end
        if redis.call('EXISTS', open) == 0 then redis.call('SREM', beside(order, 'open'), tenant) end
    end
end

if cursor == '-' then
    list_recently_failed()
    look_at_lanes_anew()
    look_at_shares()
    look_at_backlogs()
end
local from = cursor == '-' and '-' or '(' .. cursor
local page = redis.call('XRANGE', stream, from, '+', 'COUNT', count)
local last = #page == count and page[#page][1] or ''
for _, entry in ipairs(page) do check(entry[1], entry[2][2]) end
for _, pending in ipairs(redis.call('XPENDING', stream, group, from, last == '' and '+' or last, 2 * count)) do
    check_pending(pending[1])
end
return {last, mended}
