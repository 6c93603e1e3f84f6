-- Random choices: in range, all of them, and the same for the same seed.
-- arguments: --seed 42
-- prints: random: 53 66 36 22 87 37 64 66
local inrush = require "inrush"
local expect = require "expect"

local function draw()
  local drawn = {}
  for _ = 1, 1000 do
    local item = inrush.pick { "a", "b", "c" }
    drawn[item] = (drawn[item] or 0) + 1
  end
  return drawn
end

local drawn = draw()
for _, item in ipairs { "a", "b", "c" } do
  expect.truthy(drawn[item] > 250 and drawn[item] < 420, "each is picked as often")
end

local low, high = math.huge, -math.huge
for _ = 1, 1000 do
  local n = inrush.random(-2, 3)
  expect.truthy(n % 1 == 0 and n >= -2 and n <= 3)
  low, high = math.min(low, n), math.max(high, n)
  local x = inrush.uniform(0.5, 0.75)
  expect.truthy(x >= 0.5 and x <= 0.75)
end
expect.equal({ low, high }, { -2, 3 })
expect.equal(inrush.random(7, 7), 7)
expect.equal(inrush.pick { "only" }, "only")

expect.raises(function() inrush.pick {} end,
  "pick takes a list with at least one item, not an empty one")
expect.raises(function() inrush.pick "abc" end, "pick takes a list", "string")
expect.raises(function() inrush.pick() end, "pick takes a list", "nil")
expect.raises(function() inrush.pick { a = 1 } end, "pick takes a list")
expect.raises(function() inrush.random(3, 2) end, "random(low, high)")
expect.raises(function() inrush.random(1.5, 2) end, "random(low, high)")
expect.raises(function() inrush.random(1) end, "random(low, high)")
expect.raises(function() inrush.random(0, 2 ^ 60) end, "2^53")
expect.raises(function() inrush.uniform("a", 2) end, "uniform(low, high)")
expect.raises(function() inrush.uniform(2, 1) end, "uniform(low, high)")

local U = inrush.user_class("U", {})

-- The user's choices follow from --seed 42 and its number and are for ever these.
U:task("a seed repeats the choices", function(user)
  local found = {}
  for i = 1, 8 do found[i] = inrush.random(0, 99) end
  expect.equal(inrush.worker, 1)
  print("random: " .. table.concat(found, " ") .. ", math.random: " .. math.random(1000))
  user.http:get("/")
end)
