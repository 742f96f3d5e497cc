#!lua flags=allow-oom
-- Deletes an API key, its index entries and its last use, and writes the audit event.
-- KEYS  1 key record  2 keys of the user  3 keys of the shard  4 expiries of the shard  5 last uses of the shard
--       6 audit stream of the shard
-- ARGV  1 key id  2 public id  3 audit cap (entries)  4 audit event (JSON)
-- Reply 1 revoked, 0 there was none
-- Atomic so that a revocation is never half done, unlisted or unaudited. Runs on a full Redis: revoking must always work.
local was_there = redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[1])
for index = 3, 5 do redis.call('ZREM', KEYS[index], ARGV[2]) end
if was_there == 1 then
  redis.call('XADD', KEYS[6], 'MAXLEN', '~', ARGV[3], '*', 'event', ARGV[4])
end
return was_there
