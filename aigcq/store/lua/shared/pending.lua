-- hold: make the task's entry this consumer's in the pending entries list; return the entry's id.
--
-- FORCE gives it to the consumer in any order, and again after an XACK; an entry that was lost is made anew.
local function hold(stream, group, consumer, task_id, entry_id)
    if entry_id and #redis.call('XCLAIM', stream, group, consumer, 0, entry_id, 'FORCE', 'JUSTID') == 1 then
        return entry_id
    end
    entry_id = redis.call('XADD', stream, '*', 'task', task_id)
    redis.call('XCLAIM', stream, group, consumer, 0, entry_id, 'FORCE', 'JUSTID')
    return entry_id
end
