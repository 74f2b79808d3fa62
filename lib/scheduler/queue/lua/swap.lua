--[[
  Put a rebuilt queue in the place of the one that was lost, unless another rebuild began later or was faster.

  KEYS[1] to KEYS[5] queues   zset    one per class, replaced
  KEYS[6] versions            hash    replaced
  KEYS[7] to KEYS[12]         what was rebuilt, in the same order
  KEYS[13] epoch              string  must be absent; becomes the token
  KEYS[14] candidate          string  must hold the token
  KEYS[15] gone               zset    emptied

  ARGV[1] token of the rebuild

  Returns 1 when swapped, 0 when refused.
]]
if redis.call("GET", KEYS[14]) ~= ARGV[1] or redis.call("EXISTS", KEYS[13]) == 1 then
  return 0
end

redis.call("UNLINK", KEYS[14], KEYS[15], unpack(KEYS, 1, 6))
for i = 1, 6 do
  if redis.call("EXISTS", KEYS[6 + i]) == 1 then
    redis.call("RENAME", KEYS[6 + i], KEYS[i])
    redis.call("PERSIST", KEYS[i])
  end
end
redis.call("SET", KEYS[13], ARGV[1])
return 1
