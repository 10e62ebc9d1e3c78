-- key_end: let an API key be good for nothing from now on, or soon.
--
-- USES clock
-- KEYS    1 key  hash
-- ARGV    1 in_ms  int  after that it has expired, if it has not before; 0: it is revoked at once
-- RETURN  1 done, or so before | 0 no such key

local key = KEYS[1]
local in_ms = tonumber(ARGV[1])

if redis.call('EXISTS', key) == 0 then return 0 end
local now = now_ms()
if in_ms == 0 then
    redis.call('HSETNX', key, 'revoked_ms', now)
    return 1
end
local expires = tonumber(redis.call('HGET', key, 'expires_ms') or 0)
if expires == 0 or expires > now + in_ms then redis.call('HSET', key, 'expires_ms', now + in_ms) end
return 1
