-- picture: read a picture that was sent, if who asks may have it: that of a task is its tenant's, and a file says before
-- a colon whose it is, if its tenant has a name.
--
-- USES tenants
-- KEYS    1 task    hash
--         2 upload  string
-- ARGV    1 sees  string  a tenant, or "*" for everyone's
-- RETURN  the picture, Base64, or nil

local task, upload = KEYS[1], KEYS[2]
local sees = ARGV[1]

local found = redis.call('GET', upload)
if not found then return false end
local owner, content = string.match(found, '^([a-z0-9_-]+):(.*)$')
if redis.call('EXISTS', task) == 1 then
    if hidden(task, sees) then return false end
elseif sees ~= '*' and (owner or '') ~= sees then
    return false
end
return content or found
