#!lua
-- Creates the site, its first service and the audit event of both, once.
-- KEYS  1 site record  2 record of the first service  3 index of services  4 audit stream of the site
-- ARGV  1 site record (JSON)  2 service record (JSON)  3 service name  4 its expiry (ms since the epoch)
--       5 audit cap (entries)  6 audit event (JSON)
-- Reply 1 created, 0 there is a site already
-- Atomic because ten servers may start at once on one empty database and exactly one site must come of it.
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('SET', KEYS[1], ARGV[1])
redis.call('SET', KEYS[2], ARGV[2], 'PXAT', ARGV[4])
redis.call('ZADD', KEYS[3], 0, ARGV[3])
redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[5], '*', 'event', ARGV[6])
return 1
