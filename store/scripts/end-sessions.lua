#!lua flags=allow-oom
-- Ends sessions of one user, and with each all its session keys, which are fields of its hash.
-- KEYS  1 sessions of the user  2 audit stream of the shard  3… sessions (hashes)
-- ARGV  1 audit cap (entries)  2 audit event (JSON)  3… session ids, in the order of the sessions
-- Reply how many there were
-- Atomic so that no ended session is unaudited. Runs on a full Redis: it takes power away.
local ended = 0
for index = 3, #KEYS do
  ended = ended + redis.call('DEL', KEYS[index])
  redis.call('ZREM', KEYS[1], ARGV[index])
end
if ended > 0 then redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[1], '*', 'event', ARGV[2]) end
return ended
