#!lua flags=allow-oom
-- Changes what a user signs in with, if it still is what was read, and writes the audit event.
-- KEYS  1 sign-in record (hash)  2 audit stream of the shard  3 user record
-- ARGV  1 field that is compared  2 its value as read ('' where there was none)  3 audit cap (entries)
--       4 audit event (JSON)  5… pairs of field and new value ('' removes the field)
-- Reply 1 changed, 0 it is another by now, or the user is gone
-- Atomic compare-and-set: an invitation is claimed once, and two changes of a password do not both succeed. A user who was
-- deleted meanwhile gets no record that nobody would ever remove.
if redis.call('EXISTS', KEYS[3]) == 0 then return 0 end
if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return 0 end
for index = 5, #ARGV, 2 do
  if ARGV[index + 1] == '' then
    redis.call('HDEL', KEYS[1], ARGV[index])
  else
    redis.call('HSET', KEYS[1], ARGV[index], ARGV[index + 1])
  end
end
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], '*', 'event', ARGV[4])
return 1
