--[[
  Take what is offered to a worker's slot; the job is kept from nobody any more.

  KEYS[1] offer  string  begins with the member and a space
  KEYS[2] held   zset    member -> until when it is kept

  Returns the offer, or false when there is none.
]]
local offer = redis.call("GETDEL", KEYS[1])
if offer then
  redis.call("ZREM", KEYS[2], string.match(offer, "^%S+"))
end
return offer
