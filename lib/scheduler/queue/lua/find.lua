--[[
  Read which slots of some workers wait.

  KEYS[1] order   zset  since:worker:slot -> minus the speed
  KEYS[2] slots   zset  worker:slot:since, without scores
  KEYS[3] expiry  zset  since:worker:slot -> until when it counts

  ARGV    workers

  Returns since:worker:slot, minus the speed, ...
]]
dropStale()
local found = {}
for _, worker in ipairs(ARGV) do
  for _, slot in ipairs(redis.call("ZRANGEBYLEX", KEYS[2], "[" .. worker .. ":", "[" .. worker .. ";")) do
    local name, since = string.match(slot, "^(.*):(%d+)$")
    found[#found + 1] = since .. ":" .. name
    found[#found + 1] = redis.call("ZSCORE", KEYS[1], since .. ":" .. name)
  end
end
return found
