-- look: read one task as it is at this instant; nothing, if it is none that who asks may see.
--
-- USES tenants
-- KEYS    1 task       hash
--         2 request    string
--         3 result     string
--         4 queued     zset    task id -> dispatch score
-- ARGV    1 task_id  string
--         2 sees     string  a tenant, or "*" for everyone's
-- RETURN  {the record as field, value, ...; its rank or nil; the request or nil; the result or the error or nil}

local task, request, result, queued = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local task_id = ARGV[1]
local sees    = ARGV[2]

if hidden(task, sees) then return {{}} end

return {
    redis.call('HGETALL', task), redis.call('ZRANK', queued, task_id),
    redis.call('GET', request), redis.call('GET', result),
}
