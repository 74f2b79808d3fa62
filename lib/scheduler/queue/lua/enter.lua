--[[
  Enter slots of workers into the registry of a pool, or say that they still wait. One with an offer that it has not taken stays out.

  KEYS[1] order          zset    since:worker:slot -> minus the speed
  KEYS[2] slots          zset    worker:slot:since, without scores
  KEYS[3] expiry         zset    since:worker:slot -> until when it counts
  KEYS[4] and on offers  string  one per slot, in the order of the arguments

  ARGV[1] for how long they count, ms
  then per slot: worker:slot, minus the speed, idle since (13 digits) or "" for now; kept as it is for one that is there

  Returns how many are in the registry now.
]]
local at, entered = now(), 0
dropStale()
for i = 4, #KEYS do
  local first = 3 * (i - 4) + 2
  local worker, since = ARGV[first], ARGV[first + 2]
  if redis.call("EXISTS", KEYS[i]) == 0 then
    since = waitsSince(worker) or since ~= "" and since or string.format("%013.0f", at)
    redis.call("ZADD", KEYS[1], ARGV[first + 1], since .. ":" .. worker)
    redis.call("ZADD", KEYS[2], 0, worker .. ":" .. since)
    redis.call("ZADD", KEYS[3], at + tonumber(ARGV[1]), since .. ":" .. worker)
    entered = entered + 1
  end
end
for i = 1, 3 do
  redis.call("PEXPIRE", KEYS[i], ARGV[1])
end
return entered
