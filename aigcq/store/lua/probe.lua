-- probe: write, to see whether this server takes writes; what it holds says nothing.
--
-- USES clock
-- KEYS    1 probe   string
-- ARGV    1 ttl_ms  int
-- RETURN  now

local probe = KEYS[1]
local ttl_ms = tonumber(ARGV[1])

local now = now_ms()
redis.call('SET', probe, now, 'PX', ttl_ms)
return now
