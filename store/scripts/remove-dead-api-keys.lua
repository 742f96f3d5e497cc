#!lua flags=allow-oom
-- Deletes the records and index entries of API keys of one user that were seen to be dead.
-- KEYS  1 keys of the user  2 keys of the shard  3 expiries of the shard  4 last uses of the shard  5… key records
-- ARGV  a pair for each key record, in order: key id, record as read ('' where there was none); the last: user id
-- Reply how many records were deleted
-- Compare-and-delete: a record that is another by now stays. So a reader's stale view can never delete a live key.
local user = ARGV[#ARGV]
local removed = 0
for index = 5, #KEYS do
  local key = ARGV[2 * (index - 5) + 1]
  local seen = ARGV[2 * (index - 5) + 2]
  local stored = redis.call('GET', KEYS[index])
  if not stored or stored == seen then
    if stored then removed = removed + redis.call('DEL', KEYS[index]) end
    redis.call('ZREM', KEYS[1], key)
    for list = 2, 4 do redis.call('ZREM', KEYS[list], user .. key) end
  end
end
return removed
