-- pause: stop claims, for a reason that everyone can read. What is live goes on.
--
-- A person's pause is never replaced by one of the machine's own.
--
-- USES clock events
-- KEYS    1 meta       hash
--         2 events     stream
-- ARGV    1 reason    string
--         2 by        string  "operator" or "vendor"
--         3 probe_ms  int     after this the machine may look whether it is over; 0 for never
--         4 cap       int     of the events
--         5 moves     int     1 if what is queued may go to other accounts
-- RETURN  1 paused | 0 it was, by a person

local meta, events = KEYS[1], KEYS[2]
local reason   = ARGV[1]
local by       = ARGV[2]
local probe_ms = tonumber(ARGV[3])
local cap      = tonumber(ARGV[4])
local moves    = tonumber(ARGV[5])

local paused_by = redis.call('HGET', meta, 'paused_by')
if paused_by == 'operator' and by ~= 'operator' then return 0 end

local now = now_ms()
-- The machine pauses anew each time it finds that the pause is not over, with the newest reason.
local since = paused_by == by and redis.call('HGET', meta, 'paused_ms') or now
redis.call('HSET', meta, 'paused', reason, 'paused_by', by, 'paused_ms', since,
    'probe_at_ms', probe_ms > 0 and now + probe_ms or 0)
if moves == 1 then redis.call('HSET', meta, 'paused_moves', 1) else redis.call('HDEL', meta, 'paused_moves') end
tell(events, cap, 'pause', '', '', 'cause', reason)
return 1
