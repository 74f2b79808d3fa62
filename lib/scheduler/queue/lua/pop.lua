--[[
  Take the first members out of a queue. Their versions stay, so that older writes about them are still refused.
  Running it twice takes further members; whoever keeps the truth puts back what was taken for nothing.

  KEYS[1] queue  zset    member -> score, lowest is served first
  KEYS[2] epoch  string  absent when the queue is not ready

  ARGV[1] how many at most
  then the members to pass over, which stay where they are

  Returns member, score, member, score, ... or false when the queue is not ready.
]]
if redis.call("EXISTS", KEYS[2]) == 0 then
  return false
end
if #ARGV == 1 then
  return redis.call("ZPOPMIN", KEYS[1], ARGV[1])
end

local avoided = {}
for i = 2, #ARGV do
  avoided[ARGV[i]] = true
end
local wanted = tonumber(ARGV[1])
local first = redis.call("ZRANGE", KEYS[1], 0, wanted + #ARGV - 2, "WITHSCORES")
local taken = {}
for i = 1, #first, 2 do
  if #taken < 2 * wanted and not avoided[first[i]] then
    redis.call("ZREM", KEYS[1], first[i])
    taken[#taken + 1] = first[i]
    taken[#taken + 1] = first[i + 1]
  end
end
return taken
