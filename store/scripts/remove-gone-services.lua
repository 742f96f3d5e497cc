#!lua flags=allow-oom
-- Removes what is left of services whose records have expired.
-- KEYS  1 index of services  2 last uses of services  3… service records
-- ARGV  a service name for each service record, in order
-- Reply how many were removed
-- Atomic so that a service that was added anew meanwhile stays listed.
local removed = 0
for index = 3, #KEYS do
  if redis.call('EXISTS', KEYS[index]) == 0 then
    removed = removed + redis.call('ZREM', KEYS[1], ARGV[index - 2])
    redis.call('ZREM', KEYS[2], ARGV[index - 2])
  end
end
return removed
