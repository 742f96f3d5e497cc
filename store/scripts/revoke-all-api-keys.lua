#!lua flags=allow-oom
-- Revokes every API key of the site by a new generation on the site record, and files the job that removes the records.
-- KEYS  1 site record  2 audit stream of the site  3 jobs
-- ARGV  1 site record as read (JSON)  2 site record with the new generation (JSON)  3 audit cap (entries)
--       4 audit event (JSON)  5 job id  6 job (JSON)
-- Reply 1 revoked, 0 the site record is another by now
-- Atomic so that no revocation is left without its clean-up. Runs on a full Redis.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'XX', 'KEEPTTL')
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], '*', 'event', ARGV[4])
redis.call('HSET', KEYS[3], ARGV[5], ARGV[6])
return 1
