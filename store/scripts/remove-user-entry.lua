#!lua flags=allow-oom
-- Removes a list entry whose user record is gone.
-- KEYS  1 user record  2 users of the shard
-- ARGV  1 list member
-- Reply 1 removed, 0 there is a record, or no entry
-- Atomic so that a reader's stale view never takes a living user off the list.
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
return redis.call('ZREM', KEYS[2], ARGV[1])
