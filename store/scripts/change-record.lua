#!lua flags=allow-oom
-- Replaces a JSON record by a changed one, if it still is what was read, and writes the audit event.
-- KEYS  1 record  2 audit stream of the same slot
-- ARGV  1 record as read (JSON)  2 record as changed (JSON)  3 audit cap (entries)  4 audit event (JSON)
-- Reply 1 changed, 0 it is another by now, or gone
-- Atomic compare-and-set: a change never resurrects a record, never touches its expiry and never puts an old
-- generation back. Runs on a full Redis: disabling a user and revoking by generation must always work.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'XX', 'KEEPTTL')
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], '*', 'event', ARGV[4])
return 1
