-- enqueue: put one task on record, in the stream and in the order, in one step.
--
-- A task id or an idempotency key that is known adds nothing and is answered as the first
-- time. So is, without a key, what a client's library sends again by itself.
-- Without `allow-oom`: a full Redis refuses new work as a whole.
--
-- USES clock events order tenants ledger budget backlog
-- KEYS    1 task       hash
--         2 request    string
--         3 stream     stream
--         4 queued     zset    task id -> dispatch score
--         5 waiting    zset    task id -> due, ms
--         6 meta       hash
--         7 events     stream
--         8 idem       string  "<task id> <fingerprint> <position> <created, ms>"
--         9 lanes      set     models of which tasks were passed
--        10 deadlines  zset    task id -> when it must have started or ended, ms
--        11 ended      zset    task id -> ended, ms
--        12 spend      hash    the ledger; its keys begin so
--        13 terms      hash    what the tenant may take
-- ARGV    1 task_prefix    string
--         2 task_id        string
--         3 json           string  the request
--         4 record         JSON    fields of the new record
--         5 status         string  of a task that is queued
--         6 priority       int
--         7 boost          int     places per step of priority
--         8 due_ms         int     not before; 0 for now
--         9 backlog_limit  int
--        10 fingerprint    string  of the request; empty if nobody can repeat it
--        11 idem_ms        int
--        12 repeats        int     1 if it may be a repetition, 0 if it is only the first of some
--        13 farthest       int     position beyond which it is refused; 0 for any
--        14 deadline_ms    int     the first of its deadlines; 0 for none
--        15 kept_ms        int     for so long at least there is a record of what was created
--        16 cap            int     of the events
--        17 money          string  "<estimate, -1: unknown> <day, yyyymmdd> <max_cost, -1: any> <what the account may
--                                  spend in a day, 0: any> <in a month> <1 if what has no price is made all the same>",
--                                  amounts in millionths; empty: it has no price, and nobody asks but its tenant's budget
--        18 tenant         string  whose share it uses
--        19 takes          float   expected permit-seconds
-- RETURN  {"created", now, position or 0 if it waits} | {"known", task id} | {"replayed", task id, position, created ms}
--         | {"conflict"} | {"full", unfinished tasks}
--         | {"crowded", limit of its tenant} | {"far", position} | {"late", now} a moment that it names is over
--         | {"unpriced"} | {"dear"} | {"broke", which budget, its limit, settled, committed}

local task, request, stream, queued, waiting = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local meta, events, idem, lanes, deadlines = KEYS[6], KEYS[7], KEYS[8], KEYS[9], KEYS[10]
local ended, spend, terms = KEYS[11], KEYS[12], KEYS[13]
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
local repeats       = tonumber(ARGV[12])
local farthest      = tonumber(ARGV[13])
local deadline_ms   = tonumber(ARGV[14])
local kept_ms       = tonumber(ARGV[15])
local cap           = tonumber(ARGV[16])
local money         = ARGV[17]
local tenant        = ARGV[18]
local takes         = tonumber(ARGV[19])

-- A client library may send the same call twice after a broken connection.
if redis.call('EXISTS', task) == 1 then return {'known', task_id} end

local now = now_ms()
if fingerprint ~= '' and repeats == 1 then
    local named = redis.call('GET', idem) or ''
    local known_id, known_print, position, created_ms = string.match(named, '^(%S+) (%S+) (%d+) (%d+)$')
    -- Without a record it was written halfway, unless it is so old that the record is forgotten.
    if known_id and (redis.call('EXISTS', task_prefix .. known_id) == 1 or now - tonumber(created_ms) >= kept_ms) then
        if known_print ~= fingerprint then return {'conflict'} end
        return {'replayed', known_id, tonumber(position), tonumber(created_ms)}
    end
end

if deadline_ms > 0 and deadline_ms <= now or due_ms > 0 and due_ms <= now then return {'late', now} end
local unfinished = redis.call('XLEN', stream)
if unfinished >= backlog_limit then return {'full', unfinished} end
local order = order_of(queued, meta, lanes)
local own = redis.call('HMGET', terms, 'weight', 'backlog_limit', 'budget_day', 'budget_month')
local most = tonumber(own[2]) or 0
if most > 0 and unfinished_of(stream, tenant, unfinished) >= most then return {'crowded', most} end

local known = redis.call('HMGET', meta, 'seq', 'vtime')
local seq = (tonumber(known[1]) or 0) + 1
local moment = tonumber(known[2]) or seq + 10 * boost -- the first one of this release: behind all that were there
local own_key = seq - priority * boost + priority / 1000 -- of two in one place the older one is first
local start, finish = start_of(order, tenant, moment, takes, tonumber(own[1]) or 1)
local tag = start + seq % TICKS * TICK
local moved = due_ms > 0 and {} or displaced(order, own_of(order, tenant), own_key, tag, true)
local score = moved[1] and moved[1][3] or tag
local position = due_ms > 0 and 0 or redis.call('ZCOUNT', queued, '-inf', string.format('(%.17g', score)) + 1
if farthest > 0 and position > farthest then return {'far', position} end
if money ~= '' or own[3] or own[4] then
    local price = terms_of(money)
    local refusal = unaffordable(spend, terms, tenant, price)
    if refusal then return refusal end
    if price.estimate >= 0 then promise(spend, tenant, price.day, price.estimate) end
end
redis.call('HSET', meta, 'seq', seq, 'vtime', moment)
redis.call('HSET', beside(order, 'finish'), tenant, finish)
-- The key first: it counts only once there is a record, and a record is never without its key.
if fingerprint ~= '' then
    redis.call('SET', idem, string.format('%s %s %d %d', task_id, fingerprint, position, now), 'PX', idem_ms)
end
if record.tenant then enlist(ended, record.tenant, task_id, open_at(seq)) end -- before there is a record
local entry_id = redis.call('XADD', stream, '*', 'task', task_id)
local fields = {'status', status, 'seq', seq, 'score', score, 'entry', entry_id, 'created_ms', now}
if due_ms > 0 then record.due_ms = due_ms end
if priority ~= 0 then record.own = own_key end
for field, value in pairs(record) do
    table.insert(fields, field)
    table.insert(fields, value)
end
redis.call('SET', request, json)
redis.call('HSET', task, unpack(fields)) -- at once: a record is whole, or `repair` removes what there is
if due_ms > 0 then
    redis.call('ZADD', waiting, due_ms, task_id)
else
    rotate(order, tenant, moved, tag, true)
    put(order, tenant, task_id, score, record.model)
    redis.call('ZADD', own_of(order, tenant), own_key, task_id)
end
if deadline_ms > 0 then redis.call('ZADD', deadlines, deadline_ms, task_id) end
has_begun(stream, tenant, task_id)
tell(events, cap, 'create', task_id, status)
return {'created', now, position}
