--[[
  Take jobs out of their queue, each unless Redis was already told something newer about it.

  KEYS[1] queue     zset    member -> score, lowest is served first
  KEYS[2] versions  hash    member -> last version told; outlives the removal
  KEYS[3] epoch     string  changes whenever the queue was rebuilt
  KEYS[4] gone      zset    members whose version will be forgotten -> since when

  ARGV[1] epoch the caller saw
  ARGV[2] the caller's time
  then per job: member, version, "1" when nothing newer is expected and "0" otherwise

  Returns the members that were refused as older, or false when the epoch is another one and nothing was written.
]]
if redis.call("GET", KEYS[3]) ~= ARGV[1] then
  return false
end

local refused = {}
for i = 3, #ARGV, 3 do
  local member, version = ARGV[i], ARGV[i + 1]
  local told = redis.call("HGET", KEYS[2], member)
  if told and tonumber(told) > tonumber(version) then
    refused[#refused + 1] = member
  else
    redis.call("HSET", KEYS[2], member, version)
    redis.call("ZREM", KEYS[1], member)
    if ARGV[i + 2] == "1" then
      redis.call("ZADD", KEYS[4], ARGV[2], member)
    else
      redis.call("ZREM", KEYS[4], member)
    end
  end
end
return refused
