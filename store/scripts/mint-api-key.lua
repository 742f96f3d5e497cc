#!lua
-- Stores a new API key with its expiry, its index entries and the audit event.
-- KEYS  1 user record  2 key record  3 keys of the user  4 keys of the shard  5 expiries of the shard
--       6 last uses of the shard  7 audit stream of the shard
--       8 session that the key is minted from (left out: none)
-- ARGV  1 user record as read (JSON)  2 key record (JSON)  3 key id  4 public id  5 created (ms since the epoch)
--       6 expiry (ms since the epoch, or '+inf' for never)  7 limit of live keys  8 audit cap (entries)
--       9 audit event (JSON)  10 place among the last uses of a key that was never used
--       11 session record as read (JSON; left out: none)
-- Reply 'minted', 'user-changed', 'session-changed', 'limit', 'expired' or 'exists'
-- Atomic because concurrent mints must not pass the limit together, and a user disabled or revoked meanwhile (any
-- change of the user's record) must not gain a key; nor may one be minted from a session that has ended, or whose
-- context is another by now: impersonation may have begun (threat 19). Value and expiry are set together: a time to live
-- in the past is an answer of its own, never "for ever".
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
local never = ARGV[6] == '+inf'
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'user-changed' end
if KEYS[8] and redis.call('HGET', KEYS[8], 'session') ~= ARGV[11] then return 'session-changed' end
if not never and tonumber(ARGV[6]) <= now then return 'expired' end
if redis.call('EXISTS', KEYS[2]) == 1 then return 'exists' end
if redis.call('ZCARD', KEYS[3]) >= tonumber(ARGV[7]) then
  for _, expired in ipairs(redis.call('ZRANGE', KEYS[3], '-inf', now, 'BYSCORE')) do
    redis.call('ZREM', KEYS[3], expired)
    for list = 4, 6 do redis.call('ZREM', KEYS[list], ARGV[4]:sub(1, 8) .. expired) end
  end
  if redis.call('ZCARD', KEYS[3]) >= tonumber(ARGV[7]) then return 'limit' end
end
if never then
  redis.call('SET', KEYS[2], ARGV[2])
else
  redis.call('SET', KEYS[2], ARGV[2], 'PXAT', ARGV[6])
end
redis.call('ZADD', KEYS[3], ARGV[6], ARGV[3])
redis.call('ZADD', KEYS[4], ARGV[5], ARGV[4])
redis.call('ZADD', KEYS[5], ARGV[6], ARGV[4])
redis.call('ZADD', KEYS[6], ARGV[10], ARGV[4])
redis.call('XADD', KEYS[7], 'MAXLEN', '~', ARGV[8], '*', 'event', ARGV[9])
return 'minted'
