#!lua flags=allow-oom
-- Removes a service, its index entry and its last use, and writes the audit event.
-- KEYS  1 service record  2 index of services  3 last uses of services  4 audit stream of the site
-- ARGV  1 service name  2 audit cap (entries)  3 audit event (JSON)
-- Reply 1 removed, 0 there was none
-- Atomic so that a removal is never unaudited. Runs on a full Redis: it takes power away.
local was_there = redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
if was_there == 1 then
  redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[2], '*', 'event', ARGV[3])
end
return was_there
