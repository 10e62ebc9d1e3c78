-- owns: whether this delivery is still the consumer's: fence, consumer and pending entry agree.
--
-- The pending entry alone is not enough (a renewal could have stolen it back), the record
-- alone neither (the group may have been emptied).
local function owns(task, stream, group, consumer, entry_id, fence)
    local record = redis.call('HMGET', task, 'fence', 'consumer')
    if tonumber(record[1]) ~= fence or record[2] ~= consumer then return false end
    return #redis.call('XPENDING', stream, group, entry_id, entry_id, 1, consumer) == 1
end
