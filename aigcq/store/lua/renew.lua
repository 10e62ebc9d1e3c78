-- renew: start the leases of many deliveries anew, each only if it is still ours.
--
-- A bare XCLAIM would steal the entry back from a consumer that has reclaimed
-- it while we were stalled, and two workers would then drive the same video.
--
-- USES clock ownership
-- KEYS    1 stream     stream
--         2 leases     zset    task id -> lease deadline, ms
-- ARGV    1 group        string
--         2 consumer     string
--         3 task_prefix  string
--         4 lease_ms     int
--         5 deliveries   JSON    [[task id, entry id, fence], ...]
-- RETURN  for each delivery: 0 lost | 1 renewed | 2 renewed, and a cancel was requested

local stream, leases = KEYS[1], KEYS[2]
local group       = ARGV[1]
local consumer    = ARGV[2]
local task_prefix = ARGV[3]
local lease_ms    = tonumber(ARGV[4])
local deliveries  = cjson.decode(ARGV[5])

local deadline = now_ms() + lease_ms
local answers = {}
for i, delivery in ipairs(deliveries) do
    local task_id, entry_id, fence = delivery[1], delivery[2], tonumber(delivery[3])
    local task = task_prefix .. task_id
    if owns(task, stream, group, consumer, entry_id, fence) then
        redis.call('XCLAIM', stream, group, consumer, 0, entry_id, 'JUSTID')
        redis.call('ZADD', leases, deadline, task_id)
        local record = redis.call('HMGET', task, 'cancel_requested', 'unproven')
        if record[2] then redis.call('HDEL', task, 'unproven', 'deaths') end -- it does not kill its worker
        answers[i] = record[1] and 2 or 1
    else
        answers[i] = 0
    end
end
return answers
