--- `user.http`: a user's HTTP client.
--
-- A method looks blocking: in C it begins the request and yields, the run goes on
-- with other users, and when the answer is complete the method returns it.
-- @module inrush.http

local core = require "inrush.http.core"

--- A user's client. Each method takes a target, a path on the class's host or a
-- whole URL, and options, and returns the response.
--
-- Options: name (the series; default the path without its query), headers,
-- query (table), one of json (any value), body (string), form (table); timeout
-- in seconds; expect (a status or a list of them); record (false: not counted).
-- @type Client
local Client = core.Client

Client.get = core.method "GET"
Client.post = core.method "POST"
Client.put = core.method "PUT"
Client.patch = core.method "PATCH"
Client.delete = core.method "DELETE"
Client.head = core.method "HEAD"
Client.options = core.method "OPTIONS"

local others = {}

--- Any method: `user.http:request("PURGE", "/cache")`.
function Client:request(method, target, options)
  local send = type(method) == "string" and (others[method] or core.method(method))
  if not send then
    error("request takes the method first, not " .. tostring(method), 2)
  end
  others[method] = send
  return send(self, target, options)
end

return core
