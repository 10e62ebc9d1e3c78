-- admit: let one request in, if there is a token for it in the bucket of who makes it; else nothing changes.
--
-- A bucket that is not there is full: it goes once it is full again.
--
-- USES clock bucket
-- KEYS    1 bucket  hash
-- ARGV    1 rate    float   tokens per second
--         2 burst   int
-- RETURN  {1 let in | 0, whole tokens that are left, ms until there is another, ms until it is full}

local bucket = KEYS[1]
local rate  = tonumber(ARGV[1])
local burst = tonumber(ARGV[2])

local now = now_ms()
local admitted = take_token(bucket, rate, burst, now) == 0 and 1 or 0
local left = tokens_in(bucket, rate, burst, now)
local full_ms = math.ceil((burst - left) * 1000 / rate)
if admitted == 1 then redis.call('PEXPIRE', bucket, full_ms + 1000) end
return {admitted, math.floor(left), until_token(bucket, rate, burst, now), full_ms}
