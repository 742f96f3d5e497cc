#!lua
-- Adds to the counts of a day: verifications by outcome, and refusals by address.
-- KEYS  1 counts of the day by outcome (hash)  2 refusals of the day by address (sorted set)
-- ARGV  1 and 2 how long these are kept (ms)  3 addresses that are kept, those refused most
--       4 number of outcomes, then a pair for each: outcome, count; then a pair for each address: address, count
-- Reply 1
-- Atomic so that no count is without its end, and no flood of addresses grows without a bound.
local at = 5
for _ = 1, tonumber(ARGV[4]) do
  redis.call('HINCRBY', KEYS[1], ARGV[at], ARGV[at + 1])
  at = at + 2
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
if at > #ARGV then return 1 end
for index = at, #ARGV, 2 do redis.call('ZINCRBY', KEYS[2], ARGV[index + 1], ARGV[index]) end
redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -1 - tonumber(ARGV[3]))
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return 1
