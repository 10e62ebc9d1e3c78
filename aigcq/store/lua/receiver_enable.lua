-- receiver_enable: forget all that speaks against a receiver: it is called again.
--
-- KEYS    1 receiver  hash    what is known of the receiver
--         2 receivers zset    receiver -> when a call of it last failed, ms
-- ARGV    1 name  string  the receiver
-- RETURN  1 | 0 nothing was known of it

local receiver, receivers = KEYS[1], KEYS[2]
local name = ARGV[1]

redis.call('ZREM', receivers, name)
return redis.call('DEL', receiver)
