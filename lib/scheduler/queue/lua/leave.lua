--[[
  Take a slot of a worker out of the registry of a pool.

  KEYS[1] order   zset  since:worker:slot -> minus the speed
  KEYS[2] slots   zset  worker:slot:since, without scores
  KEYS[3] expiry  zset  since:worker:slot -> until when it counts

  ARGV[1] worker:slot

  Returns 1 when it was there, else 0.
]]
local since = waitsSince(ARGV[1])
if since then
  takeOut(ARGV[1], since)
end
return since and 1 or 0
