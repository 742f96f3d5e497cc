#!lua flags=allow-oom
-- Saves the progress of a job and renews the worker's lease, if the worker still holds it.
-- KEYS  1 lease of the job  2 jobs
-- ARGV  1 worker  2 job id  3 job (JSON)  4 lease (ms)
-- Reply 1 saved, 0 another worker holds the lease by now
-- Atomic so that a worker that was frozen cannot overwrite the progress of the one that took over.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
return 1
