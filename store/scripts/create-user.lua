#!lua
-- Creates a user's record, its entry in the list of users and the audit event, unless the record exists.
-- KEYS  1 user record  2 users of the shard  3 audit stream of the shard
-- ARGV  1 user record (JSON)  2 list member  3 audit cap (entries)  4 audit event (JSON)
-- Reply 1 created, 0 existed
-- Atomic because two mints for a new user race, and a record without its list entry would be lost to administrators.
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('SET', KEYS[1], ARGV[1])
redis.call('ZADD', KEYS[2], 0, ARGV[2])
redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[3], '*', 'event', ARGV[4])
return 1
