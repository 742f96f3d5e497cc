#!lua flags=allow-oom
-- Brings the expiry of an API key forward, in its record, its time to live and the indexes, and writes the audit event.
-- A new expiry that has passed already ends the key.
-- KEYS  1 key record  2 keys of the user  3 keys of the shard  4 expiries of the shard  5 last uses of the shard
--       6 audit stream of the shard
-- ARGV  1 record as read (JSON)  2 record with the earlier expiry (JSON)  3 key id  4 public id
--       5 new expiry (ms since the epoch)  6 audit cap (entries)  7 audit event (JSON)
-- Reply 'shortened', 'ended', or 'changed' when the record is another by now, or gone
-- Atomic compare-and-set: the caller saw that the new expiry is earlier, and a record that changed since is left alone.
-- So an expiry is never lengthened, and record, time to live and indexes never disagree.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'changed' end
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
redis.call('XADD', KEYS[6], 'MAXLEN', '~', ARGV[6], '*', 'event', ARGV[7])
if tonumber(ARGV[5]) <= now then
  redis.call('DEL', KEYS[1])
  redis.call('ZREM', KEYS[2], ARGV[3])
  for list = 3, 5 do redis.call('ZREM', KEYS[list], ARGV[4]) end
  return 'ended'
end
redis.call('SET', KEYS[1], ARGV[2], 'PXAT', ARGV[5])
redis.call('ZADD', KEYS[2], ARGV[5], ARGV[3])
redis.call('ZADD', KEYS[4], ARGV[5], ARGV[4])
return 'shortened'
