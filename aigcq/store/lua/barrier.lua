-- barrier: write something, so that a WAIT after it speaks of everything before it.
--
-- WAIT looks at the last write of its own connection only. A verb that finds its work done
-- writes nothing, and without a barrier its answer would pass for replicated.
--
-- KEYS    1 meta       hash
-- RETURN  nothing

local meta = KEYS[1]

redis.call('HINCRBY', meta, 'barrier', 1)
