-- outbox_again: a note could not be delivered: it is due later. If its receiver was called, that counts.
--
-- A receiver that says that it is gone, or that has failed too often for too long, is disabled.
--
-- USES clock journal
-- KEYS    1 outbox    zset    <task id>:<moment> -> when it is delivered next, ms
--         2 tries     hash    <task id>:<moment> -> how often its receiver was called
--         3 receiver  hash    what is known of the receiver
--         4 receivers zset    receiver -> when a call of it last failed, ms
--         5 calls     stream
--         6 calls_of  stream  of its task
-- ARGV    1 note        string
--         2 until_ms    int     when the lease ends with which it was taken
--         3 delay_ms    int
--         4 name        string  the receiver
--         5 host        string  of it, for people
--         6 fields      JSON    of the call; an empty list: there was none
--         7 gone        int     1 if it said that it is gone
--         8 most        int     calls that may fail in a row
--         9 failing_ms  int     for how long they must have failed
--        10 known_ms    int     how long a receiver is remembered that is not called
--        11 cap         int     of the calls
--        12 ttl_ms      int     how long the calls of a task are kept
-- RETURN  1 the receiver was disabled by this | 0

local outbox, tries, receiver, receivers, calls, calls_of = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local note       = ARGV[1]
local until_ms   = tonumber(ARGV[2])
local delay_ms   = tonumber(ARGV[3])
local name       = ARGV[4]
local host       = ARGV[5]
local fields     = cjson.decode(ARGV[6])
local gone       = tonumber(ARGV[7])
local most       = tonumber(ARGV[8])
local failing_ms = tonumber(ARGV[9])
local known_ms   = tonumber(ARGV[10])
local cap        = tonumber(ARGV[11])
local ttl_ms     = tonumber(ARGV[12])

local now = now_ms()
local mine = tonumber(redis.call('ZSCORE', outbox, note) or 0) == until_ms
if mine then redis.call('ZADD', outbox, now + delay_ms, note) end
if #fields == 0 then return 0 end

if mine then redis.call('HINCRBY', tries, note, 1) end
local failures = redis.call('HINCRBY', receiver, 'failures', 1)
redis.call('HSETNX', receiver, 'failing_since_ms', now)
redis.call('HSET', receiver, 'host', host)
redis.call('PEXPIRE', receiver, known_ms)
redis.call('ZADD', receivers, now, name)
redis.call('ZREMRANGEBYSCORE', receivers, '-inf', now - known_ms)
journal(calls, calls_of, cap, ttl_ms, fields)
local since = tonumber(redis.call('HGET', receiver, 'failing_since_ms'))
if gone == 0 and (failures < most or now - since < failing_ms) then return 0 end
return redis.call('HSETNX', receiver, 'disabled_ms', now)
