-- key_use: note that an API key was used.
--
-- USES clock
-- KEYS    1 key  hash
-- RETURN  1 noted | 0 no such key

local key = KEYS[1]

if redis.call('EXISTS', key) == 0 then return 0 end
redis.call('HSET', key, 'last_used_ms', now_ms())
return 1
