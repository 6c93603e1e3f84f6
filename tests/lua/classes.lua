-- Declaring classes and tasks: what is inherited, and what a mistake says.
-- prints: inrush: 6 tasks, 8 requests, 0 failed
local inrush = require "inrush"
local expect = require "expect"

local asked -- names of the requests since the last look

local function record(sample)
  asked = sample.name
end
inrush.on("request", record)

local Base = inrush.user_class("Base", {
  abstract = true,
  weight = 3,
  headers = { ["X-Base"] = "b", ["X-Both"] = "b" },
  tags = { "base" },
  timeout = 20,
})

Base:task("shared", { tags = { "one" } }, function(user)
  expect.equal(user.http:get("/shared"):json().headers["x-base"], "b")
end)

Base:task("replaced", function()
  error("the child's is run instead")
end)

function Base.on_start(user)
  user.started_by = "Base"
end

function Base.on_stop(user)
  user.http:get("/stop/" .. user.class, { name = "/stop " .. user.class })
end

local Child = inrush.user_class("Child", {
  extends = Base,
  headers = { ["X-Both"] = "c" },
  timeout = "5s",
})

Child:task("replaced", { weight = 2 }, function(user)
  local seen = user.http:get("/replaced"):json().headers
  expect.equal(user.started_by, "Base")
  expect.equal(seen["x-base"], "b")
  expect.equal(seen["x-both"], "c")
end)

Child:task("own", function(user)
  expect.equal(asked, "/replaced")
  expect.equal(user.class, "Child")
  user.http:get("/own")
end)

local Grandchild = inrush.user_class("Grandchild", { extends = Child, weight = 1 })

function Grandchild.on_start(user)
  Child.on_start(user) -- the inherited one, if wanted
  user.grand = user.started_by .. "!"
end

Grandchild:task("own", function(user)
  expect.equal(user.grand, "Base!")
  user.http:get("/grand")
end)

-- What is declared, as the program reads it.
local function described(class)
  local tasks = {}
  for i, task in ipairs(class.tasks) do
    tasks[i] = task.name .. " " .. task.weight
  end
  return { weight = class.weight, timeout = class.timeout, tasks = tasks, tags = class.tags }
end

expect.equal(described(Base),
  { weight = 3, timeout = 20, tasks = { "shared 1", "replaced 1" }, tags = { "base" } })
expect.equal(described(Child),
  { weight = 3, timeout = 5, tasks = { "shared 1", "replaced 2", "own 1" }, tags = { "base" } })
expect.equal(described(Grandchild),
  { weight = 1, timeout = 5, tasks = { "shared 1", "replaced 2", "own 1" }, tags = { "base" } })

-- Mistakes are errors at their line.
local class = inrush.user_class

local function refused(run, ...)
  expect.raises(run, ...)
end

refused(function() class() end, "user_class takes a name first, not nil")
refused(function() class("") end, "user_class takes a name first")
refused(function() class { weight = 1 } end, "user_class takes a name first")
refused(function() class("Base") end, "user class 'Base' is declared twice")
refused(function() class("X", { wieght = 1 }) end,
  "user class 'X'", "'wieght'", "did you mean 'weight'?")
refused(function() class("X", { qqqqqqqq = 1 }) end,
  "unknown option 'qqqqqqqq'; there are abstract,")
refused(function() class("X", { 1 }) end, "options must have names")
refused(function() class("X", 1) end, "options must be a table, not number")
refused(function() class("X", { weight = -1 }) end, "weight must be a number, at least 0, not -1")
refused(function() class("X", { weight = "2" }) end, "weight must be a number, at least 0, not '2'")
refused(function() class("X", { weight = 0 / 0 }) end, "weight must be a number")
refused(function() class("X", { weight = math.huge }) end, "weight must be a number")
refused(function() class("X", { fixed_count = 1.5 }) end, "fixed_count must be a whole number")
refused(function() class("X", { wait = 1 }) end, "wait must be inrush.between")
refused(function() class("X", { host = 8080 }) end, "host must be a string, not 8080")
refused(function() class("X", { timeout = "soon" }) end, "timeout must be seconds or a duration")
refused(function() class("X", { timeout = -1 }) end, "timeout must be seconds or a duration")
refused(function() class("X", { tags = "read" }) end, "tags must be a list of strings")
refused(function() class("X", { tags = { 1 } }) end, "tags must be a list of strings")
refused(function() class("X", { extends = "Base" }) end, "extends must be a user class, not 'Base'")
refused(function() class("X", { abstract = 1 }) end, "abstract must be true or false, not 1")
refused(function() class("X", { headers = "A: b" }) end, "headers must be a table")
refused(function() class("X", { headers = { "A: b" } }) end, "headers must map names to strings")
refused(function() class("X", { headers = { A = true } }) end, "headers must map names to strings")
refused(function() Base.on_strat = print end, "user class 'Base'", "'on_strat'", "'on_start'")
refused(function() Child.weight = 3 end, "user class 'Child'", "weight", "user_class(")
refused(function() Base.on_start = "x" end, "on_start must be a function, not string")
refused(function() Base.task("x", print) end, "call it with a colon")

local function nothing() end

refused(function() Child:task() end, "task takes a name first, not nil")
refused(function() Child:task(nothing) end, "task takes a name first, not a function")
refused(function() Child:task("t") end,
  "task 't' of user class 'Child' takes a function last, not nil")
refused(function() Child:task("t", {}) end, "takes a function last")
refused(function() Child:task("t", nothing, {}) end, "task 't' of user class 'Child'", "function")
refused(function() Child:task("own", nothing) end,
  "task 'own' of user class 'Child' is declared twice")
refused(function() Child:task("t", { tag = {} }, nothing) end, "'tag'", "did you mean 'tags'?")
refused(function() Child:task("t", { weight = "1" }, nothing) end, "weight must be a number")
