#!lua flags=allow-oom
-- Deletes a user's record and list entry, what the user signs in with and the sessions, marks the id as deleted, and
-- writes the audit event.
-- KEYS  1 user record  2 users of the shard  3 mark of the deleted id  4 audit stream of the shard
--       5… sign-in record, sessions of the user, each session
-- ARGV  1 user record as read (JSON)  2 list member  3 how long the mark stays (ms)  4 audit cap (entries)
--       5 audit event (JSON)
-- Reply 1 deleted, 0 it is another by now, or gone
-- Atomic so that a deletion is never half done or unaudited, and never takes a record that was not read. The mark
-- keeps whoever still knows the id, by its name, from creating a user under it, who would have the sessions that were
-- opened meanwhile. Runs on a full Redis: all keys of the user end with the record.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[2])
redis.call('SET', KEYS[3], '', 'PX', ARGV[3])
for index = 5, #KEYS do redis.call('DEL', KEYS[index]) end
redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[4], '*', 'event', ARGV[5])
return 1
