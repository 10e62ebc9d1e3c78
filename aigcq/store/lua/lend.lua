-- lend: take a queued task of which no vendor has heard out of the order, so that it can go to another account.
--
-- From here on nobody claims it here: it is in no order, and without an entry no repair, of this release or the one
-- before, puts it back. Called again it completes what was begun, and it is the first account that counts: a task
-- that may have arrived somewhere must not go anywhere else.
--
-- USES clock order
-- KEYS    1 task       hash
--         2 request    string
--         3 upload     string
--         4 stream     stream
--         5 queued     zset    task id -> dispatch score
--         6 leaving    zset    task id -> when it was last seen to, ms
--         7 deadlines  zset    task id -> when it must have started or ended, ms
--         8 meta       hash
--         9 lanes      set     models of which tasks were passed
-- ARGV    1 task_id    string
--         2 queued_as  string  status of a task that is queued
--         3 account    string  where it is to go, unless it is on its way; empty: only what is
-- RETURN  {} it stays | {account, status} it has ended meanwhile | {account, ""} it has arrived
--         | {account, status, request, the picture or "", ms that is left of the picture, field, value, ...} it is lent

local task, request, upload, stream = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local queued, leaving, deadlines, meta, lanes = KEYS[5], KEYS[6], KEYS[7], KEYS[8], KEYS[9]
local task_id   = ARGV[1]
local queued_as = ARGV[2]
local account   = ARGV[3]

local record = redis.call('HMGET', task, 'status', 'entry', 'sent_ms', 'refused', 'attempt', 'moved_from', 'moving_to', 'moved_to')
local status, entry_id, on_its_way = record[1], record[2], redis.call('ZSCORE', leaving, task_id)
if on_its_way and record[8] then return {record[8], ''} end -- it was leaving: that can be completed
if on_its_way and status ~= queued_as then
    redis.call('ZREM', leaving, task_id)
    return status and {record[7] or '', status} or {}
end
if not on_its_way then
    local untouched = not record[3] and not record[4] and tonumber(record[5]) == 1 and not record[6]
    if account == '' or status ~= queued_as or not untouched or not redis.call('ZSCORE', queued, task_id) then return {} end
    redis.call('HSET', task, 'moving_to', account)
end
redis.call('ZADD', leaving, now_ms(), task_id)
leave(order_of(queued, meta, lanes), task, task_id)
redis.call('XDEL', stream, entry_id)
redis.call('ZREM', deadlines, task_id)
return {
    on_its_way and record[7] or account, status, redis.call('GET', request) or '', redis.call('GET', upload) or '',
    redis.call('PTTL', upload), unpack(redis.call('HGETALL', task)),
}
