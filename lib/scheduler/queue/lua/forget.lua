--[[
  Forget the versions of jobs about which nothing newer was told for a while.

  KEYS[1] versions  hash  member -> last version told
  KEYS[2] gone      zset  members whose version may be forgotten -> since when

  ARGV[1] forget those since before this time
  ARGV[2] how many at most

  Returns how many were forgotten.
]]
local members = redis.call("ZRANGEBYSCORE", KEYS[2], "-inf", "(" .. ARGV[1], "LIMIT", 0, ARGV[2])
for _, member in ipairs(members) do
  redis.call("HDEL", KEYS[1], member)
  redis.call("ZREM", KEYS[2], member)
end
return #members
