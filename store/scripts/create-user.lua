#!lua
-- Creates a user's record, its entry in the list of users and the audit event, unless the record exists.
-- KEYS  1 user record  2 users of the shard  3 mark of the deleted id  4 audit stream of the shard
-- ARGV  1 user record (JSON)  2 list member  3 audit cap (entries)  4 audit event (JSON)
-- Reply 'created', 'exists', or 'deleted': the id belonged to a user that was deleted and is not used again
-- Atomic because two mints for a new user race, and a record without its list entry would be lost to administrators.
if redis.call('EXISTS', KEYS[1]) == 1 then return 'exists' end
if redis.call('EXISTS', KEYS[3]) == 1 then return 'deleted' end
redis.call('SET', KEYS[1], ARGV[1])
redis.call('ZADD', KEYS[2], 0, ARGV[2])
redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[3], '*', 'event', ARGV[4])
return 'created'
