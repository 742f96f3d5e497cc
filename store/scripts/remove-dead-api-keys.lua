#!lua flags=allow-oom
-- Deletes the records and index entries of API keys of one shard that were seen to be dead.
-- KEYS  1 keys of the shard  2 expiries of the shard  3 last uses of the shard
--       then a pair for each key: key record, keys of its user
-- ARGV  a pair for each key, in order: public id, record as read ('' where there was none)
-- Reply how many records were deleted
-- Compare-and-delete: a record that is another by now stays. So a reader's stale view can never delete a live key.
local removed = 0
for index = 1, #ARGV, 2 do
  local id, seen = ARGV[index], ARGV[index + 1]
  local record, keys_of_user = KEYS[index + 3], KEYS[index + 4]
  local stored = redis.call('GET', record)
  if not stored or stored == seen then
    if stored then removed = removed + redis.call('DEL', record) end
    redis.call('ZREM', keys_of_user, id:sub(9))
    for list = 1, 3 do redis.call('ZREM', KEYS[list], id) end
  end
end
return removed
