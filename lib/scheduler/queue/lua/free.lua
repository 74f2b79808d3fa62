--[[
  Count the slots of workers that wait.

  KEYS[1] order   zset  since:worker:slot -> minus the speed
  KEYS[2] slots   zset  worker:slot:since, without scores
  KEYS[3] expiry  zset  since:worker:slot -> until when it counts

  ARGV[1] minus the speed from which on a worker is fast, or "-inf"

  Returns how many wait, and how many of them are fast.
]]
dropStale()
return { redis.call("ZCARD", KEYS[1]), redis.call("ZCOUNT", KEYS[1], "-inf", ARGV[1]) }
