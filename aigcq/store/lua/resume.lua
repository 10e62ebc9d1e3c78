-- resume: let claims go on.
--
-- USES events
-- KEYS    1 meta       hash
--         2 events     stream
-- ARGV    1 by    string  "operator" ends any pause, "vendor" only the machine's own
--         2 cap   int     of the events
-- RETURN  1 resumed | 0 it was not paused, or not for `by` to end

local meta, events = KEYS[1], KEYS[2]
local by  = ARGV[1]
local cap = tonumber(ARGV[2])

local paused_by = redis.call('HGET', meta, 'paused_by')
if not paused_by or (by ~= 'operator' and paused_by ~= by) then return 0 end

redis.call('HDEL', meta, 'paused', 'paused_by', 'paused_ms', 'probe_at_ms', 'paused_moves')
tell(events, cap, 'resume', '', '')
return 1
