-- enqueue: put one task on record, in the stream and in the order, in one step.
--
-- A task id or an idempotency key that is known adds nothing and is answered with the
-- task that it named first. Without `allow-oom`: a full Redis refuses new work as a whole.
--
-- USES clock events order
-- KEYS    1 task       hash
--         2 request    string
--         3 stream     stream
--         4 queued     zset    task id -> dispatch score
--         5 waiting    zset    task id -> due, ms
--         6 meta       hash
--         7 events     stream
--         8 idem       string  "<task id> <fingerprint>"
--         9 passed     set     models of which tasks were passed
-- ARGV    1 task_prefix    string
--         2 task_id        string
--         3 json           string  the request
--         4 record         JSON    fields of the new record
--         5 status         string  of a task that is queued
--         6 priority       int
--         7 boost          int     places per step of priority
--         8 due_ms         int     not before; 0 for now
--         9 backlog_limit  int
--        10 fingerprint    string  of the request; empty without an idempotency key
--        11 idem_ms        int
--        12 cap            int     of the events
-- RETURN  {"created", now, position or 0 if it waits} | {"known", task id} | {"conflict"} | {"full", unfinished tasks}

local task, request, stream, queued, waiting = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local meta, events, idem, passed = KEYS[6], KEYS[7], KEYS[8], KEYS[9]
local task_prefix   = ARGV[1]
local task_id       = ARGV[2]
local json          = ARGV[3]
local record        = cjson.decode(ARGV[4])
local status        = ARGV[5]
local priority      = tonumber(ARGV[6])
local boost         = tonumber(ARGV[7])
local due_ms        = tonumber(ARGV[8])
local backlog_limit = tonumber(ARGV[9])
local fingerprint   = ARGV[10]
local idem_ms       = tonumber(ARGV[11])
local cap           = tonumber(ARGV[12])

-- A client library may send the same call twice after a broken connection.
if redis.call('EXISTS', task) == 1 then return {'known', task_id} end

if fingerprint ~= '' then
    local known_id, known_print = string.match(redis.call('GET', idem) or '', '^(%S+) (%S+)$')
    if known_id and redis.call('EXISTS', task_prefix .. known_id) == 1 then
        if known_print ~= fingerprint then return {'conflict'} end
        return {'known', known_id}
    end
end

local unfinished = redis.call('XLEN', stream)
if unfinished >= backlog_limit then return {'full', unfinished} end

local now = now_ms()
local seq = redis.call('HINCRBY', meta, 'seq', 1)
local score = seq - priority * boost + priority / 1000 -- of two in one place the older one is first
-- The key first: it counts only once there is a record, and a record is never without its key.
if fingerprint ~= '' then redis.call('SET', idem, task_id .. ' ' .. fingerprint, 'PX', idem_ms) end
local entry_id = redis.call('XADD', stream, '*', 'task', task_id)
local fields = {'status', status, 'seq', seq, 'score', score, 'entry', entry_id, 'created_ms', now}
if due_ms > now then record.due_ms = due_ms end
for field, value in pairs(record) do
    table.insert(fields, field)
    table.insert(fields, value)
end
redis.call('SET', request, json)
redis.call('HSET', task, unpack(fields)) -- at once: a record is whole, or `repair` removes what there is
if due_ms > now then
    redis.call('ZADD', waiting, due_ms, task_id)
else
    place(queued, meta, passed, task_id, score, record.model)
end
tell(events, cap, 'create', task_id, status)
return {'created', now, (redis.call('ZRANK', queued, task_id) or -1) + 1}
