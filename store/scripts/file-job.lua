#!lua flags=allow-oom
-- Files a job and, where its order is a change of its own, writes the audit event.
-- KEYS  1 jobs  2 audit stream of the site (left out: the change that orders the job writes its own event)
-- ARGV  1 job id  2 job (JSON)  3 audit cap (entries)  4 audit event (JSON)
-- Reply 1
-- Atomic so that no order is unaudited. Runs on a full Redis: jobs take away, and are what makes room.
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
if KEYS[2] then redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], '*', 'event', ARGV[4]) end
return 1
