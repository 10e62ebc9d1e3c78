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
-- RETURN  1 paused | 0 it was, by a person

local meta, events = KEYS[1], KEYS[2]
local reason   = ARGV[1]
local by       = ARGV[2]
local probe_ms = tonumber(ARGV[3])
local cap      = tonumber(ARGV[4])

local paused_by = redis.call('HGET', meta, 'paused_by')
if paused_by == 'operator' and by ~= 'operator' then return 0 end

local now = now_ms()
redis.call('HSET', meta, 'paused', reason, 'paused_by', by, 'paused_ms', now,
    'probe_at_ms', probe_ms > 0 and now + probe_ms or 0)
tell(events, cap, 'pause', '', '', 'cause', reason)
return 1
