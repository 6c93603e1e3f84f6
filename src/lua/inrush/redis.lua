--- `user.redis`: a user's Redis client, one connection.
--
-- A method looks blocking: in C it begins the command and yields, the run goes
-- on with other users, and when the reply is there the method returns it: a
-- string, a number, a list, nil for null; or nil and a message when it failed.
-- @module inrush.redis

local core = require "inrush.redis.core"

--- A user's client. `client:command("SET", key, value, "EX", 60)` sends any
-- command; every other method is the command of its name: `client:get(key)`.
-- The last argument may be a table of options: name (the series; default the
-- command's name), timeout in seconds, record (false: not counted).
-- @type Client
local Client = core.Client

local function method(name)
  if type(name) ~= "string" or not name:find("^%a%w*$") then
    return nil
  end
  return core.method(name:upper())
end

setmetatable(Client, {
  __index = function(self, name)
    local made = method(name)
    self[name] = made
    return made
  end,
})

-- What a pipeline's function is given: methods as a client has them, which
-- write their command down.
local Pipeline = {}

function Pipeline:command(...)
  self[#self + 1] = { n = select("#", ...), ... }
end

setmetatable(Pipeline, {
  __index = function(self, name)
    if not method(name) then
      return nil
    end
    local word = name:upper()
    local function write_down(pipeline, ...)
      pipeline[#pipeline + 1] = { n = select("#", ...) + 1, word, ... }
    end
    self[name] = write_down
    return write_down
  end,
})
Pipeline.__index = Pipeline

--- Sends several commands at once and waits for all replies: one request.
--
-- @tparam function|table commands called with an object that has a client's
-- methods; or a list such as { { "SET", "a", 1 }, { "GET", "a" } }
-- @tparam ?table options as of a command; the series is called PIPELINE by default
-- @treturn table the replies in order, where null is false and an error is
-- { err = message }; nil and a message when they did not all come
-- @treturn ?string the first error among them
function Client:pipeline(commands, options)
  if type(commands) == "function" then
    local written = setmetatable({}, Pipeline)
    commands(written)
    commands = written
  elseif type(commands) ~= "table" then
    error("pipeline takes a function or a list of commands, not " .. type(commands), 2)
  end
  if #commands == 0 then
    return {}
  end
  return self:send_pipeline(commands, options)
end

--- Checks a class's option `redis`.
function core.url(value)
  local wrong = type(value) ~= "string" and "is a string" or core.check(value)
  if not wrong then
    return value
  end
  return nil, "a Redis URL (one that " .. wrong .. ")"
end

--- A URL as the report shows it: without user and password.
function core.shown(url)
  return (url:gsub("^([%w+]+://)[^/]*@", "%1"))
end

return core
