-- drain: let a worker take no more and end. It learns of it with its next beat.
--
-- USES clock
-- KEYS    1 workers    zset    consumer -> last beat, ms
--         2 draining   zset    consumer -> since when it is to end, ms
-- ARGV    1 consumer   string
-- RETURN  1 it is to end | 0 it was to end already | -1 there is no such worker

local workers, draining = KEYS[1], KEYS[2]
local consumer = ARGV[1]

if not redis.call('ZSCORE', workers, consumer) then return -1 end
return redis.call('ZADD', draining, 'NX', now_ms(), consumer)
