-- employ: let a worker of one vendor account work on this queue, unless vendor tasks of another account are live.
--
-- The vendor knows them under that account only: under this one they would seem to be gone.
--
-- KEYS    1 meta        hash
--         2 permits     zset    task id -> granted, ms
--         3 quarantine  zset    task id -> when its permit is given back, ms
-- ARGV    1 account  string  which account this is
--         2 secret   string  what tells one SecretId from another
-- RETURN  {1, 1 if its SecretId is another one than before} | {0, live vendor tasks, the account that they are of}

local meta, permits, quarantine = KEYS[1], KEYS[2], KEYS[3]
local account = ARGV[1]
local secret  = ARGV[2]

local before = redis.call('HMGET', meta, 'account', 'secret_id')
local live = redis.call('ZCARD', permits) - redis.call('ZCARD', quarantine)
if before[1] and before[1] ~= account and live > 0 then return {0, live, before[1]} end

redis.call('HSET', meta, 'account', account, 'secret_id', secret)
return {1, before[2] and before[2] ~= secret and 1 or 0}
