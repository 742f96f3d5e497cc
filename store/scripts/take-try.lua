#!lua
-- Counts a try to sign in, before it is made, or says how long to wait.
-- KEYS  1 counter (hash: count, until)
-- ARGV  1 tries that are free  2 first delay after them (ms)  3 longest delay (ms)  4 forgotten after so long (ms)
-- Reply 0 go on, or the milliseconds to wait
-- Atomic and counted beforehand, so that a hundred tries at once are not all made. A try that is refused does not count:
-- nobody lengthens somebody else's wait by knocking.
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
local wait = tonumber(redis.call('HGET', KEYS[1], 'until') or '0') - now
if wait > 0 then return wait end
local count = redis.call('HINCRBY', KEYS[1], 'count', 1)
local beyond = count - tonumber(ARGV[1])
if beyond >= 0 then
  local delay = math.min(tonumber(ARGV[3]), tonumber(ARGV[2]) * 2 ^ math.min(beyond, 20))
  redis.call('HSET', KEYS[1], 'until', string.format('%.0f', now + delay))
end
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 0
