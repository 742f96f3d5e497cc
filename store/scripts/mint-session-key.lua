#!lua
-- Adds a key to a session and writes the audit event.
-- KEYS  1 session (hash)  2 audit stream of the shard
-- ARGV  1 session record as read (JSON)  2 field of the key  3 key record (JSON)  4 limit of keys a session
--       5 audit cap (entries)  6 audit event (JSON)
-- Reply 'minted', 'changed' (the session is another by now, or has ended), 'limit' or 'exists'
-- Atomic because writing a field of a hash that has gone would bring it back, without a time to live: a key that outlives
-- its session. The record is compared, so the session lives, in the context that the caller decided on.
if redis.call('HGET', KEYS[1], 'session') ~= ARGV[1] then return 'changed' end
if redis.call('HEXISTS', KEYS[1], ARGV[2]) == 1 then return 'exists' end
-- Two fields are the session's own.
if redis.call('HLEN', KEYS[1]) - 2 >= tonumber(ARGV[4]) then return 'limit' end
redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[5], '*', 'event', ARGV[6])
return 'minted'
