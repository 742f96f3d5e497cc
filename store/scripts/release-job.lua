#!lua flags=allow-oom
-- Ends a worker's lease of a job.
-- KEYS  1 lease of the job
-- ARGV  1 worker
-- Reply 1 ended, 0 it was not this worker's
-- Atomic so that a worker never ends the lease of the one that took over.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
