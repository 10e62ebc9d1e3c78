-- put_upload: keep a picture for a task that is not on record yet, or a file for a task to come, if there is room.
--
-- Where there is none, pictures that no task waits for give way, the oldest first.
--
-- USES clock
-- KEYS    1 upload   string
--         2 uploads  zset    task or file id -> when its picture is gone at the latest, ms
-- ARGV    1 task_prefix  string
--         2 upload_id    string
--         3 base64       string
--         4 ttl_ms       int     how long it is kept
--         5 most         int     as many wait at once
--         6 spare_ms     int     after that a picture without a task gives way
-- RETURN  1 kept | 0 there is no room, nothing was written

local upload, uploads = KEYS[1], KEYS[2]
local task_prefix = ARGV[1]
local upload_id   = ARGV[2]
local base64      = ARGV[3]
local ttl_ms      = tonumber(ARGV[4])
local most        = tonumber(ARGV[5])
local spare_ms    = tonumber(ARGV[6])

local now = now_ms()
redis.call('ZREMRANGEBYSCORE', uploads, '-inf', now)
redis.call('ZREM', uploads, upload_id) -- a resent call finds itself there

local function waits(task, gone_ms)
    if redis.call('EXISTS', task .. ':upload') == 0 then return false end
    local record = redis.call('HMGET', task, 'status', 'ended_ms')
    if record[1] then return not record[2] end
    return now + ttl_ms - gone_ms < spare_ms
end

local room = most - redis.call('ZCARD', uploads)
local kept = room > 0 and {} or redis.call('ZRANGE', uploads, 0, -1, 'WITHSCORES')
for i = 1, #kept, 2 do
    local task = task_prefix .. kept[i]
    if room < 1 and not waits(task, tonumber(kept[i + 1])) then
        redis.call('DEL', task .. ':upload')
        redis.call('ZREM', uploads, kept[i])
        room = room + 1
    end
end
if room < 1 then return 0 end

redis.call('SET', upload, base64, 'PX', ttl_ms)
redis.call('ZADD', uploads, now + ttl_ms, upload_id)
return 1
