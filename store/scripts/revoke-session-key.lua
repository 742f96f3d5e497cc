#!lua flags=allow-oom
-- Removes a key from a session and writes the audit event.
-- KEYS  1 session (hash)  2 audit stream of the shard
-- ARGV  1 field of the key  2 audit cap (entries)  3 audit event (JSON)
-- Reply 1 revoked, 0 there was none
-- Atomic so that a revocation is never unaudited. Runs on a full Redis.
local was_there = redis.call('HDEL', KEYS[1], ARGV[1])
if was_there == 1 then redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[2], '*', 'event', ARGV[3]) end
return was_there
