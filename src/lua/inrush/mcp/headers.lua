--- The headers of an MCP client's requests: the protocol's, those of the session, and
-- over them the script's own.
-- @module inrush.mcp.headers

local core = require "inrush.core"
local crypto = require "inrush.crypto"

local headers = {}

--- sent: name -> value, all that goes with each request; nil until update makes it.
-- added: names of those that are the script's. changed: sent has changed; for who uses
-- it to set to false.
-- @type Headers
local Headers = {}
Headers.__index = Headers

local function raise(format, ...)
  core.raise(string.format(format, ...))
end

--- given: what the script has for the client's option headers: a table, a function
-- that returns one, or nil.
function headers.new(given)
  return setmetatable({ given = given, changed = false }, Headers)
end

-- Takes over the headers that the script gives. Names may come in any case; a header
-- is sent once.
function Headers:add(given)
  local sent, added = self.sent, self.added
  for name in pairs(added) do
    if given[name] == nil then
      sent[name], added[name] = nil, nil
      self.changed = true
    end
  end
  for name, value in pairs(given) do
    if not added[name] then
      if type(name) ~= "string" then
        raise("mcp.client: headers must map names to strings")
      end
      for other in pairs(sent) do
        if other:lower() == name:lower() then
          sent[other] = nil
        end
      end
      added[name] = true
    end
    if sent[name] ~= value then
      sent[name] = value
      self.changed = true
    end
  end
end

--- The session is another: update makes all of them anew.
function Headers:forget()
  self.sent = nil
end

--- Brings `sent` up to date, for the id of the session and the version of the
-- protocol, each of which may be nil; asks the script's function.
function Headers:update(session, version)
  local given = self.given
  if not self.sent then
    self.changed, self.added = true, {}
    self.sent = {
      Accept = "application/json, text/event-stream",
      ["Content-Type"] = "application/json",
      ["Mcp-Session-Id"] = session,
      ["MCP-Protocol-Version"] = version,
    }
    if type(given) == "table" then
      self:add(given)
    end
  end
  if type(given) == "function" then
    given = given()
    if type(given) ~= "table" then
      raise("mcp.client: the function for headers must return a table, not %s", type(given))
    end
    self:add(given)
  end
end

--- A value for the Mcp-Name header; what a header cannot hold goes as base64.
function headers.safe(name)
  if name:find("^[\33-\126][\32-\126]*$") and not name:find(" $") and not name:find("^=%?") then
    return name
  end
  return "=?base64?" .. crypto.base64(name) .. "?="
end

return headers
