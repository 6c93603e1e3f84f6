--- The connection of an MCP client: which era its server is of, sessions, and requests
-- sent and sent again.
--
-- Ordinary answers are read in C (script/lua_mcp.c): `take` gives their
-- result. Whatever it leaves is looked at by inrush/mcp/answer.lua.
-- @module inrush.mcp.connection

local answers = require "inrush.mcp.answer"
local core = require "inrush.core"
local eras = require "inrush.mcp.eras"
local failure = require "inrush.mcp.failure"
local headers = require "inrush.mcp.headers"
local wires = require "inrush.mcp.core"

local encode, send, take = wires.encode, wires.send, wires.take
local failed = failure.failed
local STATELESS, HANDSHAKE = eras.STATELESS, eras.HANDSHAKE

local BACKOFF_FIRST, BACKOFF_MOST = 0.1, 5 -- seconds before the next handshake
local CALLS_KEPT = 500 -- prepared ones

--- @type Connection
local Connection = {}
Connection.__index = Connection

--- A connection of a user; sends nothing yet. about: url, kind (the type of its series),
-- protocol ("auto" or a version), timeout (seconds, or nil), given_headers (a table, a
-- function or nil), client_info (name and version, for the server). It becomes the
-- connection.
function Connection.new(user, about)
  local self = setmetatable(about, Connection)
  self.http = user.http
  self.headers = headers.new(self.given_headers)
  self.refreshes_headers = type(self.given_headers) == "function"
  local answer = answers.new(self.http, self.url, self.headers, self.timeout)
  self.wire = wires.wire(self.http, self.url, self.kind, answer.on_event)
  answer.wire, self.answer = self.wire, answer
  -- A path means another server for each class.
  self.server_key = self.url:find("^/") and user.class .. " " .. self.url or self.url
  self.not_before = 0 -- on core.clock(); 0: now
  self.setbacks = 0   -- in a row
  self:forget_session()
  return self
end

-- Nothing is known of a session, nor kept of what was prepared within one.
function Connection:forget_session()
  self.session, self.version, self.is_open, self.is_usual = nil, nil, false, false
  self.headers:forget()
  self:forget_calls()
end

function Connection:forget_calls()
  self.wire:forget()
  self.tools, self.asked, self.calls_kept = {}, {}, 0
end

-- Gives the wire the headers of the next request.
function Connection:set_headers()
  self.headers:update(self.session, self.version)
  if self.headers.changed then
    self.wire:set_headers(self.headers.sent)
    self.headers.changed = false
  end
end

--- Requests that are prepared ---------------------------------------------------------

-- The number of a prepared request, for send. params: the beginning of its parameters as
-- JSON; inside: those of a call go on within that object, rather than being its value.
function Connection:prepare(counted, method, params, inside, target)
  local more
  if self.era == STATELESS then
    more = { ["Mcp-Method"] = method, ["Mcp-Name"] = target and headers.safe(target) }
    params = "{" .. eras.META .. (#params > 1 and "," or "") .. params:sub(2)
  end
  if self.calls_kept == CALLS_KEPT then
    self:forget_calls()
  end
  self.calls_kept = self.calls_kept + 1
  return self.wire:prepare(counted, ',"method":' .. encode(method) .. ',"params":' .. params,
    inside, more)
end

-- The call of a tool, counted under a name.
function Connection.tool_call(self, name, counted)
  local of_tool = self.tools[name]
  local call = of_tool and of_tool[counted]
  if not call then
    call = self:prepare(counted, "tools/call", '{"name":' .. encode(name) .. ',"arguments":',
      false, name)
    of_tool = self.tools[name] or {}
    self.tools[name] = of_tool
    of_tool[counted] = call
  end
  return call
end

-- Any other method; target: what it is about, if the protocol wants to know that in
-- a header.
function Connection.other_call(self, method, counted, target)
  local key = method .. "\n" .. counted .. "\n" .. (target or "")
  local call = self.asked[key]
  if not call then
    call = self:prepare(counted, method, "{", true, target)
    self.asked[key] = call
  end
  return call
end

--- One request ------------------------------------------------------------------

-- Sends one request; the response, and the result if the answer was an ordinary one.
function Connection:post(call, params, timeout)
  if not self.answer.is_clean then
    self.answer:clear()
  end
  local res = send(self.wire, call, params, timeout or self.timeout)
  return res, take(self.wire)
end

-- What post gave: the result, or nil and the failure.
function Connection:judge(res, result)
  local why
  if not result then
    self.is_usual = false
    result, why = self.answer:find(res, self.session ~= nil)
    if not result then
      if why.retry_after then
        self.not_before = core.clock() + why.retry_after
      end
      return nil, why
    end
  end
  local kind = result.resultType
  if kind ~= nil and kind ~= "complete" then
    return failed("protocol", "the result is not complete: " .. tostring(kind))
  end
  return result
end

--- Sessions -----------------------------------------------------------------------

-- A notification. Counts only when it fails, and then as what it belongs to.
function Connection:notify(method, counted)
  self:set_headers()
  local res = self.http:post(self.url, {
    type = self.kind, name = counted, headers = self.headers.sent, timeout = self.timeout,
    body = '{"jsonrpc":"2.0","method":"' .. method .. '"}',
  })
  if res.status == 0 then
    return failed("transport", res.error)
  elseif res.status >= 400 then
    return failed("http", string.format("HTTP status %d for %s", res.status, method),
      { status = res.status })
  end
  core.discard_last()
  return true
end

-- The next handshake waits: longer with each that fails in a row.
function Connection:set_back()
  local wait = math.min(BACKOFF_FIRST * 2 ^ self.setbacks, BACKOFF_MOST)
  self.setbacks = self.setbacks + 1
  self.not_before = math.max(self.not_before, core.clock() + wait * core.uniform(0.5, 1))
end

-- The handshake. true, or nil and the failure.
function Connection:initialize()
  self:forget_session()
  self:set_headers()
  local res, result = self:post(self:other_call("initialize", "initialize"), {
    protocolVersion = self.protocol == "auto" and eras.LAST_HANDSHAKE or self.protocol,
    capabilities = {},
    clientInfo = self.client_info,
  })
  local why
  result, why = self:judge(res, result)
  if result and type(result.protocolVersion) ~= "string" then
    result, why = failed("protocol", "the answer to initialize has no protocolVersion")
  end
  if result then
    self.session = res:header("mcp-session-id")
    self.version = result.protocolVersion
    self.server = result
    self.headers:forget()
    result, why = self:notify("notifications/initialized", "initialize")
  end
  if not result then
    self:forget_session()
    self:set_back()
    return nil, why
  end
  self.is_open = true
  return true
end

-- Makes the next request possible: waits if it must, settles on an era, opens the
-- session. true, or nil and the failure.
function Connection:ready()
  if self.not_before > 0 then
    local wait = self.not_before - core.clock()
    self.not_before = 0
    if wait > 0 then
      core.pause(wait)
    end
  end
  if not self.era then
    local era = eras.known[self.server_key]
    if self.protocol ~= "auto" then
      era = eras.of_protocol(self.protocol)
    end
    self:set_era(era or STATELESS)
    self.is_guess = era == nil
  end
  if self.is_open then
    return true
  end
  return self:initialize()
end

function Connection:set_era(era)
  self.era, self.is_guess = era, false
  self:forget_session()
  if era == STATELESS then
    self.version, self.is_open = eras.NEWEST, true
  end
end

-- After the first answer of a server whose era was guessed: whether to ask again,
-- in the other way.
function Connection:learn(result, why)
  local era = eras.told_by(result, why)
  if not era then
    self.era = nil -- as unknown as before
    self:forget_session()
  elseif era == STATELESS then
    self.is_guess = false
    eras.known[self.server_key] = STATELESS
  else
    core.discard_last()
    self:set_era(HANDSHAKE)
    self.was_guess = true
    return true
  end
  return false
end

-- The guess was right after all if initialize meets a server that knows only the
-- stateless era.
function Connection:unlearn(why)
  if not (self.was_guess and eras.is_stateless_failure(why)) then
    return false
  end
  core.discard_last()
  self.was_guess, self.not_before, self.setbacks = false, 0, 0
  self:set_era(STATELESS)
  eras.known[self.server_key] = STATELESS
  return true
end

-- 404 with a session means that it is gone; some servers say 400.
function Connection:has_lost_session(why)
  if not (why and why.kind == "http" and self.session) then
    return false
  end
  local code = why.code
  local is_about_request = code and code <= -32600 and code >= -32700
  return why.status == 404 or why.status == 400
    and (not is_about_request or why.message:lower():find("session", 1, true) ~= nil)
end

--- Sends a request, the call that `find_call` finds, once everything is ready for it,
-- and again where a session was lost or the era is another. The result, or nil and
-- the failure. res and raw: what post gave, if it was sent already.
function Connection:exchange(params, timeout, find_call, what, counted, target, res, raw)
  local has_lost = false
  for _ = 1, 4 do
    if not res then
      if not self.is_open or self.not_before > 0 then
        local open, why = self:ready()
        if not open and not self:unlearn(why) then
          return nil, why
        end
      end
      local call = find_call(self, what, counted, target)
      if not self.headers.sent or self.refreshes_headers then
        self:set_headers()
      end
      res, raw = self:post(call, params, timeout)
    end
    local result, why = self:judge(res, raw)
    local again = self.is_guess and self:learn(result, why)
    if not again and why and not has_lost and self:has_lost_session(why) then
      again, has_lost = true, true
      self:forget_session()
      self:set_back()
    end
    if not again then
      if result then
        self:has_served()
      end
      return result, why
    end
    res = nil
  end
  return failed("protocol", "the server accepts neither era of the protocol")
end

-- A request has got its result: what was guessed is right, and calls are usual again.
function Connection:has_served()
  self.setbacks = 0
  if self.was_guess then
    eras.known[self.server_key] = self.era
    self.was_guess = false
  end
  self.is_usual = self.answer.is_clean and self.is_open and not self.is_guess
    and self.not_before == 0
end

--- A call of a tool, counted under its own name, where nothing unusual is to be done
-- first. The result, if nothing about it is unusual either; else res and raw for
-- exchange; or nothing.
function Connection:usual_call(name, args)
  local of_tool = self.tools[name]
  local call = of_tool and of_tool[name]
  if not call then
    return
  end
  if self.refreshes_headers then
    self:set_headers()
  end
  local res = send(self.wire, call, args, self.timeout)
  local result = take(self.wire)
  if result and result.isError == nil and result.resultType == nil then
    return result
  end
  return nil, res, result
end

--- Ends the session. Does not count.
function Connection:close()
  if self.session then
    self:set_headers()
    self.http:delete(self.url, {
      headers = self.headers.sent, record = false, timeout = self.timeout,
    })
  end
  if self.era == HANDSHAKE then
    self:forget_session()
  end
end

return Connection
