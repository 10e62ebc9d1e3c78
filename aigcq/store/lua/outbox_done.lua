-- outbox_done: a note was delivered, or is about nothing any more: it goes, unless it was posted anew meanwhile.
--
-- USES journal
-- KEYS    1 outbox    zset    <task id>:<moment> -> when it is delivered next, ms
--         2 tries     hash    <task id>:<moment> -> how often its receiver was called
--         3 receiver  hash    what is known of the receiver
--         4 receivers zset    receiver -> when a call of it last failed, ms
--         5 calls     stream
--         6 calls_of  stream  of its task
-- ARGV    1 note    string
--         2 until_ms int    when the lease ends with which it was taken
--         3 name    string  the receiver
--         4 fields  JSON    of the call; an empty list: there was none
--         5 cap     int     of the calls
--         6 ttl_ms  int     how long the calls of a task are kept
-- RETURN  1 gone | 0 it was taken by another, or posted anew

local outbox, tries, receiver, receivers, calls, calls_of = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local note     = ARGV[1]
local until_ms = tonumber(ARGV[2])
local name     = ARGV[3]
local fields   = cjson.decode(ARGV[4])
local cap      = tonumber(ARGV[5])
local ttl_ms   = tonumber(ARGV[6])

if #fields > 0 then
    redis.call('DEL', receiver)
    redis.call('ZREM', receivers, name)
    journal(calls, calls_of, cap, ttl_ms, fields)
end
if tonumber(redis.call('ZSCORE', outbox, note) or 0) ~= until_ms then return 0 end
redis.call('ZREM', outbox, note)
redis.call('HDEL', tries, note)
return 1
