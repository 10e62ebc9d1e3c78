-- write_down: one deed, with what came of it: the answer of the step that it was, or the first part of that.
-- `deed.but`: nothing is written down if the record is of this tenant. Nor if there was nothing to do it to: who
-- asks for what is another's must find no more of it, and no longer, than of what there is not.
local function write_down(audit, cap, deed, record, answer)
    if type(deed.but) == 'string' and (redis.call('HGET', record, 'tenant') or '') == deed.but then return end
    if type(answer) == 'table' then answer = answer[1] end
    if answer == -1 or answer == '' then return end
    local fields = deed.fields
    fields[#fields + 1] = 'result'
    fields[#fields + 1] = tostring(answer)
    redis.call('XADD', audit, 'MAXLEN', '~', cap, '*', unpack(fields))
end
