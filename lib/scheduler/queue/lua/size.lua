--[[
  Count what waits in a pool.

  KEYS[1] epoch              string  absent when the queue is not ready
  KEYS[2] to KEYS[6] queues  zset    one per class

  Returns the number of each queue's members, or false when the queue is not ready.
]]
if redis.call("EXISTS", KEYS[1]) == 0 then
  return false
end
local sizes = {}
for i = 2, 6 do
  sizes[i - 1] = redis.call("ZCARD", KEYS[i])
end
return sizes
