--- `user.http`: a user's HTTP client, and its responses.
--
-- A method looks blocking: `start` (C) begins the request and yields, the run
-- goes on with other users, and when the answer is complete `take` (C) hands it
-- over inside the coroutine.
-- @module inrush.http

local core = require "inrush.http.core"

local start, take = core.start, core.take

--- A user's client. Target is a path on the class's host, or a whole URL.
--
-- Options: name (the series; default the path without its query), headers,
-- query (table), one of json (any value), body (string), form (table); timeout
-- in seconds; expect (a status or a list of them); record (false: not counted).
-- @type Client
local Client = core.Client

function Client:get(target, options)
  return take(start(self, "GET", target, options))
end

function Client:post(target, options)
  return take(start(self, "POST", target, options))
end

function Client:put(target, options)
  return take(start(self, "PUT", target, options))
end

function Client:patch(target, options)
  return take(start(self, "PATCH", target, options))
end

function Client:delete(target, options)
  return take(start(self, "DELETE", target, options))
end

function Client:head(target, options)
  return take(start(self, "HEAD", target, options))
end

function Client:options(target, options)
  return take(start(self, "OPTIONS", target, options))
end

--- Any method.
function Client:request(method, target, options)
  return take(start(self, method, target, options))
end

return core
