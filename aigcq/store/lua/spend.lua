-- spend: take tokens of a bucket, as many as there are and no more than are wanted.
--
-- USES clock bucket
-- KEYS    1 bucket     hash
-- ARGV    1 rate   float   tokens per second
--         2 burst  int
--         3 wanted int
-- RETURN  {taken, ms until there is another one; 0 if no more are wanted}

local bucket = KEYS[1]
local rate   = tonumber(ARGV[1])
local burst  = tonumber(ARGV[2])
local wanted = tonumber(ARGV[3])

local now, taken, wait_ms = now_ms(), 0, 0
while taken < wanted do
    wait_ms = take_token(bucket, rate, burst, now)
    if wait_ms > 0 then break end
    taken = taken + 1
end
return {taken, wait_ms}
