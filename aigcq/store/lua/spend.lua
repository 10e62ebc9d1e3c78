-- spend: take one token of a bucket.
--
-- USES clock bucket
-- KEYS    1 bucket     hash
-- ARGV    1 rate   float   tokens per second
--         2 burst  int
-- RETURN  0 taken | ms until there is one

local bucket = KEYS[1]
local rate  = tonumber(ARGV[1])
local burst = tonumber(ARGV[2])

return take_token(bucket, rate, burst, now_ms())
