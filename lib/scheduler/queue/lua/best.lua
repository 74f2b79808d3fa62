--[[
  Read the first of the workers that wait: the fastest, and of equal ones those that are idle for longest.

  KEYS[1] order   zset  since:worker:slot -> minus the speed
  KEYS[2] slots   zset  worker:slot:since, without scores
  KEYS[3] expiry  zset  since:worker:slot -> until when it counts

  ARGV[1] how many at most

  Returns since:worker:slot, minus the speed, ...
]]
dropStale()
return redis.call("ZRANGE", KEYS[1], 0, tonumber(ARGV[1]) - 1, "WITHSCORES")
