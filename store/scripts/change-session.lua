#!lua flags=allow-oom
-- Replaces the record of a session by a changed one, if it still is what was read, and writes the audit event.
-- KEYS  1 session (hash)  2 audit stream of the shard
-- ARGV  1 session record as read (JSON)  2 session record as changed (JSON)  3 audit cap (entries)  4 audit event (JSON)
-- Reply 1 changed, 0 it is another by now, or has ended
-- Atomic compare-and-set: the hash exists, so writing its field leaves its time to live alone and resurrects nothing.
if redis.call('HGET', KEYS[1], 'session') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'session', ARGV[2])
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], '*', 'event', ARGV[4])
return 1
