--[[
  Take jobs out of whichever queue they are in, each unless Redis was already told something newer about it.

  KEYS[1] to KEYS[5] queues  zset    one per class: member -> score, lowest is served first
  KEYS[6] versions           hash    member -> last version told; outlives the removal
  KEYS[7] epoch              string  changes whenever the queue was rebuilt
  KEYS[8] gone               zset    members whose version will be forgotten -> since when
  KEYS[9] held               zset    members that are kept for a worker

  ARGV[1] epoch the caller saw
  ARGV[2] the caller's time
  then per job: member, version, "1" when nothing newer is expected and "0" otherwise

  Returns the members that were refused as older, or false when the epoch is another one and nothing was written.
]]
if redis.call("GET", KEYS[7]) ~= ARGV[1] then
  return false
end

local refused = {}
for i = 3, #ARGV, 3 do
  local member, version = ARGV[i], ARGV[i + 1]
  local told = redis.call("HGET", KEYS[6], member)
  if told and tonumber(told) > tonumber(version) then
    refused[#refused + 1] = member
  else
    redis.call("HSET", KEYS[6], member, version)
    for queue = 1, 5 do
      if redis.call("ZREM", KEYS[queue], member) == 1 then
        break
      end
    end
    redis.call("ZREM", KEYS[9], member)
    if ARGV[i + 2] == "1" then
      redis.call("ZADD", KEYS[8], ARGV[2], member)
    else
      redis.call("ZREM", KEYS[8], member)
    end
  end
end
return refused
