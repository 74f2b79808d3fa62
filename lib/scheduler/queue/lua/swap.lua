--[[
  Put a rebuilt queue in the place of the one that was lost, unless another rebuild began later or was faster.

  KEYS[1] queue      zset    replaced
  KEYS[2] versions   hash    replaced
  KEYS[3] epoch      string  must be absent; becomes the token
  KEYS[4] gone       zset    emptied
  KEYS[5] candidate  string  must hold the token
  KEYS[6] rebuilt queue
  KEYS[7] rebuilt versions

  ARGV[1] token of the rebuild

  Returns 1 when swapped, 0 when refused.
]]
if redis.call("GET", KEYS[5]) ~= ARGV[1] or redis.call("EXISTS", KEYS[3]) == 1 then
  return 0
end

redis.call("UNLINK", KEYS[1], KEYS[2], KEYS[4], KEYS[5])
for i = 1, 2 do
  if redis.call("EXISTS", KEYS[5 + i]) == 1 then
    redis.call("RENAME", KEYS[5 + i], KEYS[i])
    redis.call("PERSIST", KEYS[i])
  end
end
redis.call("SET", KEYS[3], ARGV[1])
return 1
