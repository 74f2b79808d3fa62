--[[
  Take the first members out of a pool's wanted queues, or only look at them. Versions stay, so that older writes are still refused.
  Running it twice takes further members; whoever keeps the truth puts back what was taken for nothing.

  KEYS[1] epoch         string  absent when the queue is not ready
  KEYS[2] held          zset    members that are kept for a worker -> until when; mostly absent
  KEYS[3] and on queues zset    member -> score, lowest is served first

  ARGV[1] how many at most
  ARGV[2] "1" to take them, "0" to look
  ARGV[3] number of the queue that is served after all others, 0 when it is not wanted
  then the members to pass over, which stay where they are

  Returns member, score, number of its queue, ... or false when the queue is not ready.
]]
if redis.call("EXISTS", KEYS[1]) == 0 then
  return false
end
local wanted, last = tonumber(ARGV[1]), tonumber(ARGV[3])
local at = redis.call("EXISTS", KEYS[2]) == 1 and now()
local avoided = {}
for i = 4, #ARGV do
  avoided[ARGV[i]] = true
end
local function free(member)
  local held = at and redis.call("ZSCORE", KEYS[2], member)
  return not avoided[member] and not (held and tonumber(held) > at)
end

local found = {}
for queue = 1, #KEYS - 2 do
  local step, from, more = wanted + #ARGV - 3, 0, wanted
  repeat -- more than once only where many are held; then at most about 500
    local page = redis.call("ZRANGE", KEYS[queue + 2], from, from + step - 1, "WITHSCORES")
    for i = 1, #page, 2 do
      if more > 0 and free(page[i]) then
        found[#found + 1] = { member = page[i], score = page[i + 1], queue = queue }
        more = more - 1
      end
    end
    from = from + step
    step = math.max(step, 64)
  until more == 0 or not at or #page == 0 or from > 500
end
table.sort(found, function(a, b)
  if (a.queue == last) ~= (b.queue == last) then
    return b.queue == last
  end
  local by = tonumber(a.score) - tonumber(b.score)
  return by < 0 or by == 0 and a.member < b.member
end)

local taken = {}
for i = 1, math.min(wanted, #found) do
  local first = found[i]
  if ARGV[2] == "1" then
    redis.call("ZREM", KEYS[first.queue + 2], first.member)
  end
  taken[#taken + 1] = first.member
  taken[#taken + 1] = first.score
  taken[#taken + 1] = first.queue
end
return taken
