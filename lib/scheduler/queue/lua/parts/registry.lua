-- The registry of a pool's waiting workers is three sets, KEYS[1] to KEYS[3]: see lib/scheduler/queue/keys.ts.

-- Since when a worker's slot waits, as text, or nil.
local function waitsSince(worker)
  local known = redis.call("ZRANGEBYLEX", KEYS[2], "[" .. worker .. ":", "[" .. worker .. ";", "LIMIT", 0, 1)
  return known[1] and string.sub(known[1], #worker + 2)
end

local function takeOut(worker, since)
  redis.call("ZREM", KEYS[1], since .. ":" .. worker)
  redis.call("ZREM", KEYS[2], worker .. ":" .. since)
  redis.call("ZREM", KEYS[3], since .. ":" .. worker)
end

-- Takes out those of whom nothing was heard in time, at most 500.
local function dropStale()
  for _, member in ipairs(redis.call("ZRANGEBYSCORE", KEYS[3], "-inf", now(), "LIMIT", 0, 500)) do
    local since, worker = string.match(member, "^(%d+):(.*)$")
    takeOut(worker, since)
  end
end

