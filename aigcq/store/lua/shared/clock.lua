-- now_ms: the server's time, the only wall clock that scripts know.
local function now_ms()
    local time = redis.call('TIME')
    return time[1] * 1000 + math.floor(time[2] / 1000)
end
