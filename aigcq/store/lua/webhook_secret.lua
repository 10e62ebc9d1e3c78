-- webhook_secret: keep the secret that signs webhooks, if there is none yet; all workers sign with the same one.
--
-- KEYS    1 meta   hash
-- ARGV    1 secret  string  to be kept if there is none
-- RETURN  the one that is kept

local meta = KEYS[1]
local secret = ARGV[1]

redis.call('HSETNX', meta, 'webhook_secret', secret)
return redis.call('HGET', meta, 'webhook_secret')
