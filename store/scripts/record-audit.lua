#!lua
-- Writes an audit event that tells of no change of a record, such as a refused sign-in.
-- KEYS  1 audit stream
-- ARGV  1 audit cap (entries)  2 audit event (JSON)
-- Reply 1
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'event', ARGV[2])
return 1
