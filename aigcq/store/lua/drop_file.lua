-- drop_file: remove a file that was sent before; the picture of a task is none, whatever id is given.
--
-- KEYS    1 task    hash
--         2 upload  string
-- RETURN  1 removed | 0 no such file

local task, upload = KEYS[1], KEYS[2]

if redis.call('EXISTS', task) == 1 then return 0 end
return redis.call('DEL', upload)
