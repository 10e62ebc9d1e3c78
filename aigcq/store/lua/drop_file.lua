-- drop_file: remove a file that was sent before, and that who asks may have; the picture of a task is none, whatever id
-- is given.
--
-- KEYS    1 task    hash
--         2 upload  string
-- ARGV    1 sees  string  a tenant, or "*" for everyone's
-- RETURN  1 removed | 0 no such file

local task, upload = KEYS[1], KEYS[2]
local sees = ARGV[1]

if redis.call('EXISTS', task) == 1 then return 0 end
local owner = string.match(redis.call('GETRANGE', upload, 0, 63), '^([a-z0-9_-]+):') -- a name has 40 characters
if sees ~= '*' and (owner or '') ~= sees then return 0 end
return redis.call('DEL', upload)
