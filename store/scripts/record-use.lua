#!lua
-- Notes the last use of API keys of one shard, or of services, of those that still exist.
-- KEYS  1 last uses of the shard, or of services  2… records
-- ARGV  a pair for each record, in order: public id or name, time of use (ms since the epoch)
-- Reply how many were noted
-- Atomic so that a use that races a revocation or removal leaves nothing behind; times only move forward.
local noted = 0
for index = 2, #KEYS do
  if redis.call('EXISTS', KEYS[index]) == 1 then
    redis.call('ZADD', KEYS[1], 'GT', ARGV[2 * (index - 2) + 2], ARGV[2 * (index - 2) + 1])
    noted = noted + 1
  end
end
return noted
