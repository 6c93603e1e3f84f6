--- The connection of an MCP client: headers, sessions, both eras of the protocol,
-- and one request with its answer, however that comes.
--
-- Ordinary answers are read in C (script/lua_mcp.c): `take` gives their
-- result. Whatever it leaves, and every streamed answer, is looked at here.
-- @module inrush.mcp.connection

local core = require "inrush.core"
local crypto = require "inrush.crypto"
local failure = require "inrush.mcp.failure"
local wires = require "inrush.mcp.core"

local encode, decode, send, take = wires.encode, wires.decode, wires.send, wires.take
local failed = failure.failed
local null = require("cjson").null

local STATELESS, HANDSHAKE = "stateless", "handshake"

-- JSON-RPC codes that only servers of the stateless era have: a header that does
-- not match, a capability that is missing, a version that is not supported.
local UNSUPPORTED_VERSION = -32022
local OF_STATELESS = { [-32020] = true, [-32021] = true, [UNSUPPORTED_VERSION] = true }

local BACKOFF_FIRST, BACKOFF_MOST = 0.1, 5 -- seconds before the next handshake
local STREAM_RETRY = 1 -- seconds before a stream is resumed, unless the server says
local RESUMES_MOST = 8
local CALLS_KEPT = 500 -- prepared ones

-- Of each server that this worker has found out about: url -> era
local known_eras = {}

--- @type Connection
local Connection = {}
Connection.__index = Connection

Connection.NEWEST = "2026-07-28"
Connection.LAST_HANDSHAKE = "2025-11-25"

local META = string.format(
  '"_meta":{"io.modelcontextprotocol/protocolVersion":"%s",'
    .. '"io.modelcontextprotocol/clientCapabilities":{},'
    .. '"io.modelcontextprotocol/clientInfo":{"name":"inrush","version":"%s"}}',
  Connection.NEWEST, core.version)

local function raise(format, ...)
  core.raise(string.format(format, ...))
end

--- A connection of a user; sends nothing yet. about: url, kind, protocol, timeout,
-- given_headers, about (name and version of the client).
function Connection.new(user, about)
  local self = setmetatable(about, Connection)
  self.http = user.http
  self.on_event = function(data, _, id, retry) return self:take_event(data, id, retry) end
  self.wire = wires.wire(self.http, self.url, self.kind, self.on_event)
  -- A path means another server for each class.
  self.server_key = self.url:find("^/") and user.class .. " " .. self.url or self.url
  self.not_before = 0 -- on core.clock(); 0: now
  self.setbacks = 0   -- in a row
  self:forget_session()
  return self
end

function Connection:forget_session()
  self.session, self.version, self.is_open, self.is_usual = nil, nil, false, false
  self.headers = nil
  self:forget_calls()
end

function Connection:forget_calls()
  self.wire:forget()
  self.tools, self.asked, self.calls_kept = {}, {}, 0
end

--- Headers ------------------------------------------------------------------------

-- Takes over the headers that the script gives; whether one has changed. Names may
-- come in any case; a header is sent once.
function Connection:add_headers(given)
  local headers, added = self.headers, self.added_headers
  local changed = false
  for name in pairs(added) do
    if given[name] == nil then
      headers[name], added[name] = nil, nil
      changed = true
    end
  end
  for name, value in pairs(given) do
    if not added[name] then
      if type(name) ~= "string" then
        raise("mcp.client: headers must map names to strings")
      end
      for other in pairs(headers) do
        if other:lower() == name:lower() then
          headers[other] = nil
        end
      end
      added[name] = true
    end
    if headers[name] ~= value then
      headers[name] = value
      changed = true
    end
  end
  return changed
end

function Connection:make_headers()
  self.headers, self.added_headers = {
    Accept = "application/json, text/event-stream",
    ["Content-Type"] = "application/json",
    ["Mcp-Session-Id"] = self.session,
    ["MCP-Protocol-Version"] = self.version,
  }, {}
  if type(self.given_headers) == "table" then
    self:add_headers(self.given_headers)
  end
end

-- Gives the wire the headers of the next request.
function Connection:set_headers()
  local changed = not self.headers
  if changed then
    self:make_headers()
  end
  if type(self.given_headers) == "function" then
    local given = self.given_headers()
    if type(given) ~= "table" then
      raise("mcp.client: the function for headers must return a table, not %s", type(given))
    end
    changed = self:add_headers(given) or changed
  end
  if changed then
    self.wire:set_headers(self.headers)
  end
end

--- Requests that are prepared ---------------------------------------------------------

-- A value for the Mcp-Name header; what a header cannot hold goes as base64.
local function header_safe(name)
  if name:find("^[\33-\126][\32-\126]*$") and not name:find(" $") and not name:find("^=%?") then
    return name
  end
  return "=?base64?" .. crypto.base64(name) .. "?="
end

function Connection:prepare(counted, method, params, inside, target)
  local headers
  if self.era == STATELESS then
    headers = { ["Mcp-Method"] = method, ["Mcp-Name"] = target and header_safe(target) }
    params = params:gsub("^{", function() return "{" .. META .. (#params > 1 and "," or "") end)
  end
  if self.calls_kept == CALLS_KEPT then
    self:forget_calls()
  end
  self.calls_kept = self.calls_kept + 1
  return self.wire:prepare(counted, ',"method":' .. encode(method) .. ',"params":' .. params,
    inside, headers)
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

--- Answers ------------------------------------------------------------------------

-- An event of a streamed answer; true once it was the one waited for.
function Connection:take_event(data, id, retry)
  self.is_clean, self.is_usual = false, false
  if id ~= "" then
    self.event_id = id
  end
  self.retry = retry or self.retry
  if data == "" then
    return false -- a priming event
  end
  local message = decode(data)
  if type(message) ~= "table" then
    self.garbled = true
    return true
  end
  return self:take_message(message)
end

-- A message, or a list of them (a batch, which servers of 2025-03-26 may send).
function Connection:take_message(message)
  if message[1] ~= nil then
    local found = false
    for _, one in ipairs(message) do
      found = type(one) == "table" and self:take_message(one) or found
    end
    return found
  end
  if message.method ~= nil then
    if message.id ~= nil then
      self:answer_server(message)
    end
    return false -- a notification: progress, a log line
  end
  local id = message.id
  if id == self.wire:last_id() or ((id == null or id == nil) and message.error) then
    self.answer = message
    return true
  end
  self.stray = true
  return false
end

-- The server asks something before it goes on: a ping gets its answer, the rest
-- is what we have said that we cannot do.
function Connection:answer_server(request)
  local outcome = '"result":{}'
  if request.method ~= "ping" then
    outcome = '"error":' .. encode { code = -32601,
      message = "inrush does not do " .. tostring(request.method) }
  end
  self.http:post(self.url, {
    body = '{"jsonrpc":"2.0","id":' .. encode(request.id) .. "," .. outcome .. "}",
    headers = self.headers,
    background = true,
  })
end

-- A stream ended before its answer: asks for the rest of it, as one request with
-- what came before.
function Connection:resume(res)
  local began = core.clock() - res.elapsed
  local measuring = core.measure_last()
  local timeout = self.timeout or math.huge
  local headers, why = {}, nil
  for name, value in pairs(self.headers) do
    headers[name] = value
  end
  headers["Content-Type"], headers.Accept = nil, "text/event-stream"
  for _ = 1, RESUMES_MOST do
    local pause = self.retry or STREAM_RETRY
    local left = began + timeout - core.clock() - pause
    if left <= 0 then
      why = "there was no time left to resume it"
      break
    end
    core.sleep(pause)
    headers["Last-Event-ID"] = self.event_id
    res = self.http:get(self.url, {
      headers = headers, timeout = left < math.huge and left or nil, events = self.on_event,
      record = false,
    })
    if self.answer or self.garbled then
      break
    elseif res.status ~= 200 then
      why = res.status == 0 and res.error or "HTTP status " .. res.status
      if res.status ~= 0 then
        break
      end
    end
  end
  local found = self.answer or self.garbled
  local message = "the stream ended before its answer" .. (why and ": " .. why or "")
  if measuring and found then
    core.measure_end()
  elseif measuring then
    core.measure_end(message, "closed")
  end
  if not found then
    return failed("transport", message)
  end
  return res
end

-- Finds the answer that the wire did not take: the result, or nil and the failure.
function Connection:find_answer(res)
  self.is_clean, self.is_usual = false, false
  if self.event_id and not self.answer and not self.garbled then
    local lost
    res, lost = self:resume(res)
    if not res then
      return nil, lost
    end
  end
  local status = res.status
  if self.garbled then
    return failed("protocol", "an event of the answer is not JSON")
  elseif not self.answer then
    if status == 0 or (status < 400 and res.error) then
      return failed("transport", res.error)
    end
    local message = decode(res.body)
    if type(message) == "table" then
      self:take_message(message)
    end
  end
  local answer = self.answer
  if status >= 400 then
    local err = answer and type(answer.error) == "table" and answer.error
    local _, refused = failure.of_status(res, err, self.session)
    if refused.retry_after then
      self.not_before = core.clock() + refused.retry_after
    end
    return nil, refused
  elseif not answer then
    return self:no_answer(res)
  elseif type(answer.error) == "table" then
    return failure.of_rpc(answer.error)
  elseif type(answer.result) ~= "table" then
    return failed("protocol", "the answer has neither a result nor an error")
  end
  return answer.result
end

function Connection:no_answer(res)
  local kind = res:header("content-type") or "without a content type"
  if self.stray then
    return failed("protocol", "the server answered another request than this one")
  elseif kind:find("^text/event%-stream") then
    return failed("protocol", "the stream ended before its answer, and cannot be resumed")
  elseif res.body == "" then
    return failed("protocol", "HTTP status " .. res.status .. " without an answer")
  end
  return failed("protocol", "the answer is not JSON-RPC (" .. failure.one_line(kind, 60) .. ")")
end

-- Sends one request; the response, and the result if the answer was an ordinary one.
function Connection:post(call, params, timeout)
  if not self.is_clean then
    self.answer, self.event_id, self.retry, self.garbled, self.stray = nil, nil, nil, nil, nil
    self.is_clean = true
  end
  local res = send(self.wire, call, params, timeout or self.timeout)
  return res, take(self.wire)
end

-- What post gave: the result, or nil and the failure.
function Connection:judge(res, result)
  local why
  if not result then
    result, why = self:find_answer(res)
    if not result then
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
    type = self.kind, name = counted, headers = self.headers, timeout = self.timeout,
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
    protocolVersion = self.protocol == "auto" and self.LAST_HANDSHAKE or self.protocol,
    capabilities = {},
    clientInfo = self.about,
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
    self.headers = nil
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
      core.sleep(wait)
    end
  end
  if not self.era then
    local era = known_eras[self.server_key]
    if self.protocol ~= "auto" then
      era = self.protocol == self.NEWEST and STATELESS or HANDSHAKE
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
    self.version, self.is_open = self.NEWEST, true
  end
end

-- Statuses that say nothing about which era a server is of.
local function is_undecided(status)
  return status == 401 or status == 403 or status == 429 or status >= 500
end

-- After the first answer of a server whose era was guessed: whether to ask again,
-- in the other way.
function Connection:learn(result, why)
  local supported = why and type(why.data) == "table" and why.data.supported
  if result and result.resultType ~= nil
    or why and OF_STATELESS[why.code]
      and not (why.code == UNSUPPORTED_VERSION and type(supported) == "table") then
    self.is_guess = false
    known_eras[self.server_key] = STATELESS
    return false
  elseif why and (why.kind == "transport" or why.status and is_undecided(why.status)) then
    self.era = nil -- as unknown as before
    return false
  end
  core.discard_last()
  self:set_era(HANDSHAKE)
  self.was_guess = true
  return true
end

-- The guess was right after all if initialize meets a server that knows only the
-- stateless era.
function Connection:unlearn(why)
  if not (self.was_guess and OF_STATELESS[why.code]) then
    return false
  end
  core.discard_last()
  self.was_guess, self.not_before, self.setbacks = false, 0, 0
  self:set_era(STATELESS)
  known_eras[self.server_key] = STATELESS
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
      if not self.headers or self.refreshes_headers then
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

function Connection:has_served()
  self.setbacks = 0
  if self.was_guess then
    known_eras[self.server_key] = self.era
    self.was_guess = false
  end
  self.is_usual = self.is_clean and self.is_open and not self.is_guess and self.not_before == 0
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
    self.http:delete(self.url, { headers = self.headers, record = false, timeout = self.timeout })
  end
  if self.era == HANDSHAKE then
    self:forget_session()
  end
end

return Connection
