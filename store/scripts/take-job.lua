#!lua flags=allow-oom
-- Gives a worker the lease of a job, if no other has it.
-- KEYS  1 lease of the job
-- ARGV  1 worker  2 lease (ms)
-- Reply 1 taken, 0 another worker holds it
-- A script only so that it runs on a full Redis: clean-up is what makes room.
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
return 0
