#!lua flags=allow-oom
-- Unbinds a user name from the id of a deleted user.
-- KEYS  1 user id of the name
-- ARGV  1 id of the deleted user
-- Reply 1 unbound, 0 the name leads elsewhere by now, or nowhere
-- Atomic so that a name which leads to a new user already stays with that user.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
