#!lua flags=no-writes
-- Counts the entries of an index in several ranges at one moment.
-- KEYS  1 index (sorted set)
-- ARGV  a pair for each range: least and greatest score, inclusive (ms since the epoch, -inf, +inf)
-- Reply a count for each range, in order
-- A script so that one call does what would be dozens.
local counts = {}
for index = 1, #ARGV, 2 do
  counts[#counts + 1] = redis.call('ZCOUNT', KEYS[1], ARGV[index], ARGV[index + 1])
end
return counts
