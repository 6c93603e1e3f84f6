--- `user.tcp`: raw bytes over one TCP connection.
--
-- A method looks blocking: in C it begins the request and yields, the run goes
-- on with other users. Each returns what it received (send: true), or nil and a
-- message when it failed.
--
-- `exchange(bytes, options)` sends and receives, as one request; the option
-- delimiter ("\n") or length (in bytes) says where the answer ends.
-- `send(bytes)`, `receive(length)` and `receive_until(delimiter)` do half of it.
-- The delimiter is not part of what is returned; what came behind it is kept for
-- the next request. Options of all: name (the series), timeout, record (false:
-- not counted); where there is a delimiter also max, the most bytes before it
-- (1 MiB). `close()` closes; `fail(why)` fails the last request.
-- @module inrush.tcp

local core = require "inrush.tcp.core"

--- Checks a class's option `tcp`.
function core.address(value)
  local wrong = type(value) == "string" and core.check(value)
  if type(value) == "string" and not wrong then
    return value
  end
  return nil, 'an address such as "localhost:7000"' .. (wrong and " (" .. wrong .. ")" or "")
end

return core
