#!lua flags=no-writes
-- Reads the entries of an index that follow a position, in order of (score, member).
-- KEYS  1 index (sorted set)
-- ARGV  1 'asc' or 'desc'  2 score and 3 member of the last entry read ('' and '' to begin)
--       4 least and 5 greatest score, inclusive (ms since the epoch, -inf, +inf)  6 how many
-- Reply member, score, member, score, …
-- A position is a value, not a rank, so that entries that come and go move nothing. It is found by binary search: many
-- keys can share one score, and the cost stays logarithmic in them. Members are compared byte by byte, as Redis does;
-- Lua's own comparison would follow the locale.
local key, order, count = KEYS[1], ARGV[1], tonumber(ARGV[6])

local function precedes(left, right)
  for index = 1, math.min(#left, #right) do
    local one, other = left:byte(index), right:byte(index)
    if one ~= other then return one < other end
  end
  return #left < #right
end

-- How many entries precede (score, member); with orEqual, the entry itself counts, too.
local function preceding(score, member, orEqual)
  local low = redis.call('ZCOUNT', key, '-inf', '(' .. score)
  local high = redis.call('ZCOUNT', key, '-inf', score)
  while low < high do
    local middle = math.floor((low + high) / 2)
    local found = redis.call('ZRANGE', key, middle, middle)[1]
    if precedes(found, member) or (orEqual and found == member) then low = middle + 1 else high = middle end
  end
  return low
end

local first = redis.call('ZCOUNT', key, '-inf', '(' .. ARGV[4])
local past = redis.call('ZCOUNT', key, '-inf', ARGV[5])
if ARGV[4] == '-inf' then first = 0 end
if order == 'asc' then
  if ARGV[3] ~= '' then first = math.max(first, preceding(ARGV[2], ARGV[3], true)) end
  local last = math.min(past, first + count) - 1
  if last < first then return {} end
  return redis.call('ZRANGE', key, first, last, 'WITHSCORES')
end
if ARGV[3] ~= '' then past = math.min(past, preceding(ARGV[2], ARGV[3], false)) end
local from = math.max(first, past - count)
if past - 1 < from then return {} end
local entries = redis.call('ZRANGE', key, from, past - 1, 'WITHSCORES')
local reversed = {}
for index = #entries - 1, 1, -2 do
  reversed[#reversed + 1] = entries[index]
  reversed[#reversed + 1] = entries[index + 1]
end
return reversed
