-- journal: one call to a receiver, for everyone and beside its task; `fields` is a flat list of names and values.
local function journal(calls, calls_of, cap, ttl_ms, fields)
    redis.call('XADD', calls, 'MAXLEN', '~', cap, '*', unpack(fields))
    redis.call('XADD', calls_of, 'MAXLEN', 50, '*', unpack(fields))
    redis.call('PEXPIRE', calls_of, ttl_ms)
end
