#!lua
-- Notes the last use of API keys of one shard, of those that still exist.
-- KEYS  1 last uses of the shard  2… key records
-- ARGV  a pair for each key record, in order: public id, time of use (ms since the epoch)
-- Reply how many were noted
-- Atomic so that a use that races its revocation leaves nothing behind; times only move forward.
local noted = 0
for index = 2, #KEYS do
  if redis.call('EXISTS', KEYS[index]) == 1 then
    redis.call('ZADD', KEYS[1], 'GT', ARGV[2 * (index - 2) + 2], ARGV[2 * (index - 2) + 1])
    noted = noted + 1
  end
end
return noted
