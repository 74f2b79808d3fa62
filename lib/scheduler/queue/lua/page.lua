--[[
  Read a part of a pool's order over all its queues, from any place at the same cost.

  KEYS[1] epoch              string  absent when the queue is not ready
  KEYS[2] to KEYS[6] queues  zset    one per class; the last one is served after all others

  ARGV[1] how many come before the part
  ARGV[2] how many at most

  Returns the members in the order in which they are served, or false when the queue is not ready.
]]
if redis.call("EXISTS", KEYS[1]) == 0 then
  return false
end
local offset, count, others = tonumber(ARGV[1]), tonumber(ARGV[2]), 0

-- How many of the queue's own members come before the part: the first whose place in the order is not before it.
local function start(queue, size)
  local low, high = 0, math.min(offset, size)
  while low < high do
    local middle, place = math.floor((low + high) / 2), 0
    local entry = redis.call("ZRANGE", KEYS[queue], middle, middle, "WITHSCORES")
    for other = 2, 5 do
      place = place + (other == queue and middle or before(KEYS[other], entry[2], entry[1]))
    end
    if place < offset then
      low = middle + 1
    else
      high = middle
    end
  end
  return low
end

local part = {}
for queue = 2, 5 do
  local size = redis.call("ZCARD", KEYS[queue])
  others = others + size
  local from = start(queue, size)
  local entries = redis.call("ZRANGE", KEYS[queue], from, from + count - 1, "WITHSCORES")
  for i = 1, #entries, 2 do
    part[#part + 1] = { member = entries[i], score = tonumber(entries[i + 1]) }
  end
end
table.sort(part, function(a, b)
  return a.score < b.score or a.score == b.score and a.member < b.member
end)

local members = {}
for i = 1, math.min(count, #part) do
  members[i] = part[i].member
end
if #members < count then
  local from = math.max(0, offset - others)
  for _, member in ipairs(redis.call("ZRANGE", KEYS[6], from, from + count - #members - 1)) do
    members[#members + 1] = member
  end
end
return members
