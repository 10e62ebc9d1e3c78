-- serving: how long the server that answers has been the one that takes writes.
--
-- One that took over in a failover may have been running for long; but nobody could renew
-- a lease while there was no master, and what its owners renewed last it may not have.
--
-- USES clock
-- KEYS    1 meta       hash
-- ARGV    1 run_id     string  of the server that answers
-- RETURN  ms since it was first seen in the place of another one | -1 there was no other

local meta = KEYS[1]
local run_id = ARGV[1]

local now = now_ms()
local seen = redis.call('HMGET', meta, 'server', 'serving_ms')
if seen[1] == run_id then return seen[2] and math.max(0, now - tonumber(seen[2])) or -1 end
redis.call('HSET', meta, 'server', run_id)
if not seen[1] then return -1 end
redis.call('HSET', meta, 'serving_ms', now)
return 0
