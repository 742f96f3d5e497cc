#!lua
-- Opens a session with its time to live, lists it, and writes the audit event.
-- KEYS  1 user record  2 session (hash)  3 sessions of the user  4 audit stream of the shard
--       5 sign-in record of the user (left out: not by a password)
-- ARGV  1 user record as read (JSON)  2 session record (JSON)  3 session id  4 absolute end (ms since the epoch)
--       5 idle timeout (ms)  6 audit cap (entries)  7 audit event (JSON)
--       8 password digest that was found right (left out: none)
-- Reply 'opened', 'user-changed', 'password-changed', 'exists' or 'expired'
-- Atomic because a user who is disabled or whose sessions are ended meanwhile must not gain one, and a hash without a time
-- to live would be a session for ever. A password that is changed while somebody signs in with the old one ends the
-- sessions there are; this one would be opened just after.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'user-changed' end
if KEYS[5] and redis.call('HGET', KEYS[5], 'password') ~= ARGV[8] then return 'password-changed' end
if redis.call('EXISTS', KEYS[2]) == 1 then return 'exists' end
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
local life = math.min(tonumber(ARGV[5]), tonumber(ARGV[4]) - now)
if life <= 0 then return 'expired' end
redis.call('HSET', KEYS[2], 'session', ARGV[2], 'touched', now)
redis.call('PEXPIRE', KEYS[2], life)
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now)
redis.call('ZADD', KEYS[3], ARGV[4], ARGV[3])
redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[6], '*', 'event', ARGV[7])
return 'opened'
