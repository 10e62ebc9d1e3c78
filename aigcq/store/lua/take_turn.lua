-- take_turn: whether the one who asks is to compare a day with the vendor: one at a time, and each day once.
--
-- USES clock
-- KEYS    1 meta       hash
--         2 purse      hash    the account's, of that day
-- ARGV    1 day        string  yyyymmdd
--         2 turn_ms    int     how long a turn lasts
-- RETURN  1 it is | 0 it is not

local meta, purse = KEYS[1], KEYS[2]
local day     = ARGV[1]
local turn_ms = tonumber(ARGV[2])

if redis.call('HEXISTS', purse, 'reconciled') == 1 then return 0 end
local now = now_ms()
local turn = redis.call('HMGET', meta, 'reconciling', 'reconciling_until_ms')
if turn[1] == day and (tonumber(turn[2]) or 0) > now then return 0 end
redis.call('HSET', meta, 'reconciling', day, 'reconciling_until_ms', now + turn_ms)
return 1
