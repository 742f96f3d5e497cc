#!lua
-- Takes back the count of a try that was right, so that many people who sign in from one address do not slow each other.
-- KEYS  1 counter (hash: count, until)
-- Reply the count that is left
-- Atomic, and never below zero or on a counter that has been forgotten. A delay that runs is left alone: it was earned by
-- tries that were wrong.
local count = tonumber(redis.call('HGET', KEYS[1], 'count') or '0')
if count <= 0 then return 0 end
return redis.call('HINCRBY', KEYS[1], 'count', -1)
