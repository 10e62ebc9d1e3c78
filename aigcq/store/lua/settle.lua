-- settle: end a delivery and its task: completed, failed or cancelled.
--
-- USES clock ownership events limit outbox tenants payment backlog
-- KEYS    1 task       hash
--         2 request    string
--         3 result     string
--         4 stream     stream
--         5 leases     zset    task id -> lease deadline, ms
--         6 permits    zset    task id -> granted, ms
--         7 quarantine zset    task id -> when its permit is given back, ms
--         8 ended      zset    task id -> ended, ms
--         9 dead       zset    failed task id -> ended, ms
--        10 overdue    zset    task id -> sent, ms
--        11 limit      hash
--        12 history    stream
--        13 events     stream
--        14 unanswered zset    task id -> granted, ms
--        15 outbox     zset    <task id>:<moment> -> when it is delivered next, ms
--        16 upload     string
--        17 spend      hash    the ledger; its keys begin so
-- ARGV    1 group          string
--         2 consumer       string
--         3 task_id        string
--         4 entry_id       string
--         5 fence          int
--         6 event          string
--         7 status         string  the one that `event` leads to
--         8 error_code     string  empty if there is none
--         9 json           string  the result, or the error
--        10 ttl_ms         int     how long the record is kept
--        11 quarantine_ms  int     how long the permit stays taken: nobody knows whether the vendor runs it
--        12 news           string  what the law must hear of its permit; empty if nothing
--        13 ended_ms       int     for how long the vendor task is over, if it is
--        14 law            JSON
--        15 failed         string  status of a task that failed: people may want it back
--        16 cap            int     of the events
--        17 spare_ms       int     how long the picture is kept, for a remix or a requeue
--        18 cost           int     what it came to, in millionths; 0: nothing; -1: as it was estimated
--        19 millis         int     length of the video that was made; 0 if there is none
--        20 made_day       string  on which it counts as made: yyyymmdd; empty: that is not counted
-- RETURN  1 settled | 0 lost

local task, request, result, stream, leases, permits = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local quarantine, ended, dead, overdue = KEYS[7], KEYS[8], KEYS[9], KEYS[10]
local limit, history, events, unanswered, outbox = KEYS[11], KEYS[12], KEYS[13], KEYS[14], KEYS[15]
local upload, spend = KEYS[16], KEYS[17]
local group         = ARGV[1]
local consumer      = ARGV[2]
local task_id       = ARGV[3]
local entry_id      = ARGV[4]
local fence         = tonumber(ARGV[5])
local event         = ARGV[6]
local status        = ARGV[7]
local error_code    = ARGV[8]
local json          = ARGV[9]
local ttl_ms        = tonumber(ARGV[10])
local quarantine_ms = tonumber(ARGV[11])
local news          = ARGV[12]
local ended_ms      = tonumber(ARGV[13])
local law           = cjson.decode(ARGV[14])
local failed        = ARGV[15]
local cap           = tonumber(ARGV[16])
local spare_ms      = tonumber(ARGV[17])
local cost          = tonumber(ARGV[18])
local millis        = tonumber(ARGV[19])
local made_day      = ARGV[20]

if not owns(task, stream, group, consumer, entry_id, fence) then return 0 end

local now = now_ms()
local at = {limit = limit, history = history, events = events, permits = permits, unanswered = unanswered, cap = cap}
if news ~= '' then limit_tell(at, law, news, task, task_id, ended_ms, now) end

pay(spend, task, cost, millis)
count_made(spend, made_day, millis)
if quarantine_ms > 0 then redis.call('ZADD', quarantine, now + quarantine_ms, task_id) end
post(outbox, task, task_id, 'end', now)
redis.call('SET', result, json) -- before the status: what is completed has its video
redis.call('HSET', task, 'status', status, 'ended_ms', now, 'error_code', error_code)
redis.call('HDEL', task, 'phase', 'consumer', 'due_ms', 'unproven', 'permit')
for _, key in ipairs({task, request, result}) do redis.call('PEXPIRE', key, ttl_ms) end
redis.call('PEXPIRE', upload, spare_ms, 'LT')
if status == failed then redis.call('ZADD', dead, now, task_id) end -- while its entry leads the repair to it

redis.call('XACK', stream, group, entry_id)
redis.call('XDEL', stream, entry_id)
redis.call('ZREM', leases, task_id)
redis.call('ZREM', overdue, task_id)
redis.call('ZREM', unanswered, task_id)
if quarantine_ms == 0 then redis.call('ZREM', permits, task_id) end
redis.call('ZADD', ended, now, task_id)
has_ended(stream, task, task_id)
for _, kept in ipairs({ended, dead}) do redis.call('ZREMRANGEBYSCORE', kept, '-inf', now - ttl_ms) end
enlist(ended, tenant_of(task), task_id, now, ttl_ms)
tell(events, cap, event, task_id, status, 'code', error_code, 'fence', fence)
return 1
