--[[
  Put jobs into their queues, or move them, each unless Redis was already told something newer about it.

  KEYS[1] to KEYS[5] queues  zset    one per class: member -> score, lowest is served first
  KEYS[6] versions           hash    member -> last version told; outlives a pop
  KEYS[7] epoch              string  changes whenever the queue was rebuilt
  KEYS[8] gone               zset    members whose version will be forgotten

  ARGV[1] epoch the caller saw
  then per job: member, version, score, number of its queue

  Returns the members that were refused as older, or false when the epoch is another one and nothing was written.
]]
if redis.call("GET", KEYS[7]) ~= ARGV[1] then
  return false
end

local refused = {}
for i = 2, #ARGV, 4 do
  local member, version, own = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 3])
  local told = redis.call("HGET", KEYS[6], member)
  if told and tonumber(told) > tonumber(version) then
    refused[#refused + 1] = member
  else
    redis.call("HSET", KEYS[6], member, version)
    -- a member that was there already, or is heard of for the first time, is in no other set
    if redis.call("ZADD", KEYS[own], ARGV[i + 2], member) == 1 and told then
      for other = 1, 5 do
        if other ~= own then
          redis.call("ZREM", KEYS[other], member)
        end
      end
      redis.call("ZREM", KEYS[8], member)
    end
  end
end
return refused
