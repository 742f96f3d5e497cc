#!lua
-- Adds a service, its index entry and the audit event, unless there is one of this name.
-- KEYS  1 service record  2 index of services  3 audit stream of the site
-- ARGV  1 service record (JSON)  2 service name  3 expiry (ms since the epoch, or '' for never)
--       4 audit cap (entries)  5 audit event (JSON)
-- Reply 'added', 'exists' or 'expired'
-- Atomic so that nobody's service is overwritten by a second one of the same name, and none goes unlisted.
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
if ARGV[3] ~= '' and tonumber(ARGV[3]) <= now then return 'expired' end
if redis.call('EXISTS', KEYS[1]) == 1 then return 'exists' end
if ARGV[3] == '' then
  redis.call('SET', KEYS[1], ARGV[1])
else
  redis.call('SET', KEYS[1], ARGV[1], 'PXAT', ARGV[3])
end
redis.call('ZADD', KEYS[2], 0, ARGV[2])
redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[4], '*', 'event', ARGV[5])
return 'added'
