#!lua
-- Extends a session by its idle timeout, up to its absolute end.
-- KEYS  1 session (hash)
-- ARGV  1 absolute end (ms since the epoch)  2 idle timeout (ms)
-- Reply 1 extended, 0 there is no such session (any more)
-- Atomic so that a slow request that ends after the sign-out never brings the session back.
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
local life = math.min(tonumber(ARGV[2]), tonumber(ARGV[1]) - now)
if life <= 0 then
  redis.call('DEL', KEYS[1])
  return 0
end
redis.call('HSET', KEYS[1], 'touched', now)
redis.call('PEXPIRE', KEYS[1], life)
return 1
