-- receiver_disable: call a receiver no more.
--
-- USES clock
-- KEYS    1 receiver  hash    what is known of the receiver
--         2 receivers zset    receiver -> when a call of it last failed, ms
-- ARGV    1 name      string  the receiver
--         2 host      string  of it, for people; empty: as it is known
--         3 known_ms  int     how long a receiver is remembered that is not called
-- RETURN  1 | 0 it was disabled

local receiver, receivers = KEYS[1], KEYS[2]
local name     = ARGV[1]
local host     = ARGV[2]
local known_ms = tonumber(ARGV[3])

local now = now_ms()
if host ~= '' then redis.call('HSET', receiver, 'host', host) end
local disabled = redis.call('HSETNX', receiver, 'disabled_ms', now)
redis.call('PEXPIRE', receiver, known_ms)
redis.call('ZADD', receivers, now, name)
return disabled
