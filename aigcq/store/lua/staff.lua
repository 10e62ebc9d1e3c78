-- staff: read who works, and what each holds.
--
-- What was handed back is nobody's: its lease ended at 0.
--
-- USES clock
-- KEYS    1 workers    zset    consumer -> last beat, ms
--         2 draining   zset    consumer -> since when it is to end, ms
--         3 leases     zset    task id -> lease deadline, ms
--         4 permits    zset    task id -> granted, ms
-- ARGV    1 task_prefix  string
--         2 count        int     at most so many leases are looked at
-- RETURN  {now; {consumer, last beat, ...}; {consumer, ...} of those that are to end; how many leases there are;
--          {task id, consumer, phase, vendor task id, since when in ms}...}

local workers, draining, leases, permits = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local task_prefix = ARGV[1]
local count       = tonumber(ARGV[2])

local held = {}
for _, task_id in ipairs(redis.call('ZRANGEBYSCORE', leases, '(0', '+inf', 'LIMIT', 0, count)) do
    local record = redis.call('HMGET', task_prefix .. task_id, 'consumer', 'phase', 'vendor_task_id', 'started_ms')
    local since = redis.call('ZSCORE', permits, task_id) or record[4] or '0'
    held[#held + 1] = {task_id, record[1] or '', record[2] or '', record[3] or '', since}
end

return {
    now_ms(), redis.call('ZRANGE', workers, 0, -1, 'WITHSCORES'), redis.call('ZRANGE', draining, 0, -1),
    redis.call('ZCOUNT', leases, '(0', '+inf'), held,
}
