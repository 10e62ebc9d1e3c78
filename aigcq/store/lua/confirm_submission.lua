-- confirm_submission: whether the submission that was begun may go, asked until replicas have it on record.
--
-- It may be repeated: nothing was sent in between, so unlike a second beginning it makes nothing
-- ambiguous. A failover may have lost the beginning, or the whole delivery.
--
-- USES clock ownership
-- KEYS    1 task       hash
--         2 stream     stream
--         3 leases     zset    task id -> lease deadline, ms
-- ARGV    1 group         string
--         2 consumer      string
--         3 task_id       string
--         4 entry_id      string
--         5 fence         int
--         6 phase         string  of a task that is being submitted
--         7 lease_ms      int
--         8 session_ms    int     how long a SessionId protects
-- RETURN  {"lost"} | {"again"} it must be begun anew | {"cancelled"} | {"confirmed", now}

local task, stream, leases = KEYS[1], KEYS[2], KEYS[3]
local group      = ARGV[1]
local consumer   = ARGV[2]
local task_id    = ARGV[3]
local entry_id   = ARGV[4]
local fence      = tonumber(ARGV[5])
local phase      = ARGV[6]
local lease_ms   = tonumber(ARGV[7])
local session_ms = tonumber(ARGV[8])

if not owns(task, stream, group, consumer, entry_id, fence) then return {'lost'} end

local now = now_ms()
local record = redis.call('HMGET', task, 'phase', 'sent_ms', 'ambiguous', 'cancel_requested')
local sent_before = record[3] == '1'

if record[1] ~= phase then return {'again'} end
if sent_before and now - tonumber(record[2]) > session_ms then return {'again'} end -- it has waited too long
if record[4] and not sent_before then return {'cancelled'} end
redis.call('ZADD', leases, 'XX', now + lease_ms, task_id)
return {'confirmed', now}
