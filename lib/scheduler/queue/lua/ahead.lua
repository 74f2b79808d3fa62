--[[
  Count the members of a pool that are served before one of them.

  KEYS[1] epoch              string  absent when the queue is not ready
  KEYS[2] to KEYS[6] queues  zset    one per class; the last one is served after all others

  ARGV[1] member

  Returns how many, -1 when it is in none of the queues, or false when the queue is not ready.
]]
if redis.call("EXISTS", KEYS[1]) == 0 then
  return false
end
for own = 2, 6 do
  local score = redis.call("ZSCORE", KEYS[own], ARGV[1])
  if score then
    local ahead = 0
    for queue = 2, 5 do
      ahead = ahead + (own == 6 and redis.call("ZCARD", KEYS[queue]) or before(KEYS[queue], score, ARGV[1]))
    end
    return own == 6 and ahead + redis.call("ZRANK", KEYS[6], ARGV[1]) or ahead
  end
end
return -1
