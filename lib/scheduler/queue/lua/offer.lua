--[[
  Offer a job to a worker's slot that waits: take it out of the registry, and keep the job from everybody else for a moment.

  KEYS[1] order   zset    since:worker:slot -> minus the speed
  KEYS[2] slots   zset    worker:slot:since, without scores
  KEYS[3] expiry  zset    since:worker:slot -> until when it counts
  KEYS[4] held    zset    member -> until when it is kept
  KEYS[5] offer   string  what the slot will find

  ARGV[1] worker:slot
  ARGV[2] member
  ARGV[3] what the slot will find, beginning with the member and a space
  ARGV[4] for how long the job is kept, ms
  ARGV[5] for how long the offer can be found, ms

  Returns 1 when offered, 0 when the slot does not wait any more.
]]
dropStale()
local since = waitsSince(ARGV[1])
if not since then
  return 0
end

takeOut(ARGV[1], since)
redis.call("SET", KEYS[5], ARGV[3], "PX", ARGV[5])
redis.call("ZADD", KEYS[4], now() + tonumber(ARGV[4]), ARGV[2])
if redis.call("PTTL", KEYS[4]) < tonumber(ARGV[4]) then
  redis.call("PEXPIRE", KEYS[4], ARGV[4])
end
return 1
