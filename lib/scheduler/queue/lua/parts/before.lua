-- How many members of a queue come before this place, in logarithmic time: equal scores are halved by the bytes of the members.
local function before(queue, score, member)
  local low = redis.call("ZCOUNT", queue, "-inf", "(" .. score)
  local high = low + redis.call("ZCOUNT", queue, score, score)
  while low < high do
    local middle = math.floor((low + high) / 2)
    if redis.call("ZRANGE", queue, middle, middle)[1] < member then
      low = middle + 1
    else
      high = middle
    end
  end
  return low
end

