--- A client of the Model Context Protocol over Streamable HTTP.
--
-- Each message is one POST through user.http, and counts as one request of type
-- MCP. Two eras of the protocol are spoken: up to 2025-11-25 a session begins
-- with a handshake; from 2026-07-28 on every request stands alone.
-- @module inrush.mcp

local cjson = require "cjson.safe"
local core = require "inrush.core"
local crypto = require "inrush.crypto"
local options = require "inrush.options"

local mcp = {}

-- A decoder of our own: what a script configures in cjson does not reach it.
local json = cjson.new()
local encode, decode = json.encode, json.decode
local null = cjson.null

local STATELESS, HANDSHAKE = "stateless", "handshake"

local NEWEST = "2026-07-28"
local LAST_HANDSHAKE = "2025-11-25"
local PROTOCOLS = { "auto", NEWEST, LAST_HANDSHAKE, "2025-06-18", "2025-03-26", "2024-11-05" }

-- JSON-RPC codes that only servers of the stateless era have.
local HEADER_MISMATCH, MISSING_CAPABILITY, UNSUPPORTED_VERSION = -32020, -32021, -32022
local OF_STATELESS = {
  [HEADER_MISMATCH] = true, [MISSING_CAPABILITY] = true, [UNSUPPORTED_VERSION] = true,
}

-- What a status means here, and what to do.
local STATUSES = {
  [401] = "the server wants a valid token: give headers = { Authorization = ... }",
  [403] = "the token, or this session, may not do that",
  [404] = "no MCP server at this path: check the url",
  [405] = "this path takes no POST, so it is no MCP server: check the url",
  [406] = "the server refuses the Accept header: do not set one, the client's is complete",
  [429] = "too many requests; the client waits as long as Retry-After says",
  [503] = "the server is overloaded or full; a session is ended with client:close()",
}

-- Statuses that say nothing about which era a server is of.
local function is_undecided(status)
  return status == 0 or status == 401 or status == 403 or status == 429 or status >= 500
end

local BACKOFF_FIRST, BACKOFF_MOST = 0.1, 5 -- seconds before the next handshake
local RETRY_AFTER_MOST = 3600
local STREAM_RETRY = 1 -- seconds before a stream is resumed, unless the server says
local RESUMES_MOST = 8
local PAGES_MOST = 1000

local META = string.format(
  '"_meta":{"io.modelcontextprotocol/protocolVersion":"%s",'
    .. '"io.modelcontextprotocol/clientCapabilities":{},'
    .. '"io.modelcontextprotocol/clientInfo":{"name":"inrush","version":"%s"}}',
  NEWEST, core.version)

-- url -> era, of each server that this worker has found out about
local known_eras = {}

local function raise(format, ...)
  core.raise(string.format(format, ...))
end

--- Failures -----------------------------------------------------------------

-- What a method gives instead of a result. kind: "transport", "http" (status),
-- "rpc" (code, data), "tool" (result) or "protocol" (what came is not MCP).
local Failure = {}
Failure.__index = Failure
Failure.__tostring = function(self) return self.message end

-- As the statistics call them.
local RECORDED_AS = { http = "status", rpc = "check", tool = "check", protocol = "protocol" }

local function one_line(text, most)
  text = text:match("^%s*([^\r\n]*)")
  return #text > most and text:sub(1, most) .. "..." or text
end

-- Fails the last request too, unless that was done already: a transport error.
local function failed(kind, message, fields)
  local failure = fields or {}
  failure.kind, failure.message = kind, message
  if RECORDED_AS[kind] then
    core.fail_last(message, RECORDED_AS[kind])
  end
  return nil, setmetatable(failure, Failure)
end

local function rpc_text(err)
  return string.format("JSON-RPC %s: %s", tostring(err.code),
    one_line(type(err.message) == "string" and err.message or "without a message", 200))
end

--- Small things -----------------------------------------------------------------

local function encoded(value, what, ...)
  local text, why = encode(value)
  if not text then
    raise("%s cannot be JSON: %s", what:format(...), why)
  end
  return text
end

-- A value for the Mcp-Name header; what a header cannot hold goes as base64.
local function header_safe(name)
  if name:find("^[\33-\126][\32-\126]*$") and not name:find(" $") and not name:find("^=%?") then
    return name
  end
  return "=?base64?" .. crypto.base64(name) .. "?="
end

local MONTHS = {
  Jan = 1, Feb = 2, Mar = 3, Apr = 4, May = 5, Jun = 6,
  Jul = 7, Aug = 8, Sep = 9, Oct = 10, Nov = 11, Dec = 12,
}

-- Seconds that a Retry-After header asks for: a number, or an HTTP date.
local function retry_after(value)
  local seconds = tonumber(value and value:match("^%s*(%d+)%s*$"))
  if not seconds and value then
    local day, month, year, hour, min, sec =
      value:match("(%d+) (%a%a%a) (%d%d%d%d) (%d%d):(%d%d):(%d%d) GMT")
    if not MONTHS[month] then
      return nil
    end
    local date = { year = year, month = MONTHS[month], day = day, hour = hour, min = min,
      sec = sec, isdst = false }
    local now = os.time()
    local utc = os.date("!*t", now)
    utc.isdst = false
    seconds = os.difftime(os.time(date), os.time(utc))
  end
  return seconds and math.min(math.max(seconds, 0), RETRY_AFTER_MOST)
end

--- The client ----------------------------------------------------------------------

--- A user's client of one server.
-- @type Client
local Client = {}
Client.__index = Client

local CLIENT_OPTIONS = {
  url = options.string(),
  user = options.table(),
  headers = options.any(function(value)
    return type(value) == "table" or type(value) == "function"
  end, "a table, or a function that returns one"),
  protocol = options.string(),
  type = options.string(),
  timeout = options.duration(),
  name = options.string(),
  version = options.string(),
}

--- A client for the user whose task this is. Sends nothing yet.
-- @tparam table opts url; headers sent with every request: a table, or a function
-- called before each (tokens); protocol ("auto", or a version); type ("MCP");
-- timeout of each request; name and version of the client
function mcp.client(opts)
  opts = options.check(opts, CLIENT_OPTIONS, "mcp.client", 2)
  if not opts.url then
    raise("mcp.client needs a url: mcp.client { url = \"http://localhost:8888/mcp\" }")
  end
  local protocol = opts.protocol or "auto"
  options.one_of(protocol, PROTOCOLS, "protocol", 2, "mcp.client")
  local user = opts.user or core.user("mcp.client")
  local self = setmetatable({
    http = user.http,
    url = opts.url,
    given_headers = opts.headers,
    protocol = protocol,
    about = { name = opts.name or "inrush", version = opts.version or core.version },
    kind = opts.type or "MCP",
    timeout = opts.timeout,
    last_number = 0, -- of a request
    not_before = 0,  -- on core.clock()
    setbacks = 0,    -- in a row
    tools = {},      -- name -> how a call of it begins
  }, Client)
  self.sending = {
    type = self.kind,
    events = function(data, _, id, retry) return self:take_event(data, id, retry) end,
  }
  self:forget_session()
  return self
end

function Client:forget_session()
  self.session, self.version, self.is_open = nil, nil, false
  self.tools = {}
  self.fixed_headers = nil
end

-- The headers of the next request; one table, changed in place.
function Client:headers()
  local headers = self.fixed_headers
  if not headers then
    headers = {
      Accept = "application/json, text/event-stream",
      ["Content-Type"] = "application/json",
      ["Mcp-Session-Id"] = self.session,
      ["MCP-Protocol-Version"] = self.version,
    }
    self.fixed_headers, self.added_headers = headers, {}
    if type(self.given_headers) == "table" then
      self:add_headers(self.given_headers)
    end
  end
  if type(self.given_headers) == "function" then
    local given = self.given_headers()
    if type(given) ~= "table" then
      raise("mcp.client: the function for headers must return a table, not %s", type(given))
    end
    self:add_headers(given)
  end
  return headers
end

-- Names may come in any case; a header is sent once.
function Client:add_headers(given)
  local headers, added = self.fixed_headers, self.added_headers
  for name in pairs(added) do
    if given[name] == nil then
      headers[name], added[name] = nil, nil
    end
  end
  for name, value in pairs(given) do
    if not added[name] then
      for other in pairs(headers) do
        if other:lower() == tostring(name):lower() then
          headers[other] = nil
        end
      end
      added[name] = true
    end
    headers[name] = value
  end
end

--- Answers ------------------------------------------------------------------------

-- An event of a streamed answer; true once it was the one waited for.
function Client:take_event(data, id, retry)
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
function Client:take_message(message)
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
  if message.id == self.awaited or (message.id == null and message.error) then
    self.answer = message
    return true
  end
  self.stray = true
  return false
end

-- The server asks something before it goes on: a ping gets its answer, the rest
-- is what we have said that we cannot do.
function Client:answer_server(request)
  local reply = { jsonrpc = "2.0", id = request.id }
  local body
  if request.method == "ping" then
    body = '{"jsonrpc":"2.0","id":' .. encode(request.id) .. ',"result":{}}'
  else
    reply.error = { code = -32601, message = "inrush does not do " .. tostring(request.method) }
    body = encode(reply)
  end
  self.http:post(self.url, { body = body, headers = self:headers(), background = true })
end

-- Lets the time pass that the server, or a setback, asked for.
function Client:wait()
  local wait = self.not_before - core.clock()
  if wait > 0 then
    core.sleep(wait)
  end
end

function Client:set_back()
  local wait = math.min(BACKOFF_FIRST * 2 ^ self.setbacks, BACKOFF_MOST)
  self.setbacks = self.setbacks + 1
  self.not_before = math.max(self.not_before, core.clock() + wait * core.uniform(0.5, 1))
end

-- The stream ended before its answer: asks for the rest of it, as one request
-- with what came before.
function Client:resume(res, began, timeout)
  local measuring = core.measure_last()
  local last_error
  for _ = 1, RESUMES_MOST do
    local left = timeout and began + timeout - core.clock() - (self.retry or STREAM_RETRY)
    if left and left <= 0 then
      break
    end
    core.sleep(self.retry or STREAM_RETRY)
    local headers = {}
    for name, value in pairs(self:headers()) do
      headers[name] = value
    end
    headers["Content-Type"], headers["Mcp-Method"], headers["Mcp-Name"] = nil, nil, nil
    headers.Accept, headers["Last-Event-ID"] = "text/event-stream", self.event_id
    res = self.http:get(self.url, {
      headers = headers, timeout = left, events = self.sending.events, record = false,
    })
    if self.answer or self.garbled then
      break
    end
    if res.status ~= 200 then
      last_error = res.status == 0 and res.error or "HTTP status " .. res.status
      if res.status ~= 0 then
        break
      end
    end
  end
  if measuring then
    if self.answer or self.garbled then
      core.measure_end()
    else
      core.measure_end("the stream ended before its answer"
        .. (last_error and ", resuming it: " .. last_error or ""), "closed")
    end
  end
  return res
end

-- POSTs a request and finds its answer: the JSON-RPC message and the response,
-- or nil and the failure.
function Client:post(body, name, timeout)
  local sending = self.sending
  sending.name, sending.body, sending.headers = name, body, self:headers()
  sending.timeout = timeout or self.timeout
  self.answer, self.event_id, self.retry = nil, nil, nil
  self.garbled, self.stray = nil, nil
  local began = core.clock()
  local res = self.http:post(self.url, sending)
  if self.event_id and not self.answer and not self.garbled then
    res = self:resume(res, began, sending.timeout)
    if not self.answer and not self.garbled then
      return failed("transport", "the stream ended before its answer")
    end
  end
  local message = self.answer
  if message then
    return message, res
  end
  local status = res.status
  if status == 0 or (status == 200 and res.error) then
    return failed("transport", res.error)
  end
  if self.garbled then
    return failed("protocol", "an event of the answer is not JSON")
  end
  message = decode(res.body)
  if type(message) == "table" and self:take_message(message) and status == 200 then
    return self.answer, res
  end
  return self:refused(res, status)
end

-- An answer that is none.
function Client:refused(res, status)
  local message = self.answer
  if status >= 400 then
    local err = message and type(message.error) == "table" and message.error
    local text = STATUSES[status]
    if status == 404 and self.session then
      text = "the session is lost; the client begins another"
    end
    if err then
      text = rpc_text(err)
    end
    local after = (status == 429 or status == 503) and retry_after(res:header("retry-after"))
    if after then
      self.not_before = core.clock() + after
    end
    return failed("http", "HTTP status " .. status .. (text and ": " .. text or ""), {
      status = status, code = err and err.code, data = err and err.data,
      retry_after = after or nil,
    })
  end
  local kind = tostring(res:header("content-type") or "no content type")
  if self.stray then
    return failed("protocol", "the server answered another request than this one")
  elseif kind:find("^text/event%-stream") then
    return failed("protocol", "the stream ended before its answer, and cannot be resumed")
  elseif status == 202 or res.body == "" then
    return failed("protocol", "HTTP status " .. status .. " without an answer")
  end
  return failed("protocol", "the answer is not JSON-RPC (" .. one_line(kind, 60) .. ")")
end

--- Sessions -----------------------------------------------------------------------

local function number(self)
  local id = self.last_number + 1
  self.last_number, self.awaited = id, id
  return id
end

-- A request's text; params is that of an object.
function Client:message(method, params)
  if self.era == STATELESS then
    params = "{" .. META .. (params == "{}" and "}" or "," .. params:sub(2))
  end
  return '{"jsonrpc":"2.0","id":' .. number(self) .. ',"method":"' .. method .. '","params":'
    .. params .. "}"
end

-- A notification. Counts only when it fails, and then as what it belongs to.
function Client:notify(method, name)
  local res = self.http:post(self.url, {
    type = self.kind, name = name, headers = self:headers(), timeout = self.timeout,
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

-- The handshake. true, or nil and the failure.
function Client:initialize()
  self:forget_session()
  local offered = self.protocol == "auto" and LAST_HANDSHAKE or self.protocol
  local answer, res = self:post(self:message("initialize", encoded({
    protocolVersion = offered, clientInfo = self.about,
  }, "the client's name"):sub(1, -2) .. ',"capabilities":{}}'), "initialize")
  if not answer then
    self:set_back()
    return nil, res
  end
  local result = answer.result
  if type(result) ~= "table" or type(result.protocolVersion) ~= "string" then
    self:set_back()
    if type(answer.error) == "table" then
      return failed("rpc", rpc_text(answer.error),
        { code = answer.error.code, data = answer.error.data })
    end
    return failed("protocol", "the answer to initialize has no protocolVersion")
  end
  self.session = res:header("mcp-session-id")
  self.version = result.protocolVersion
  self.server = result
  self.fixed_headers = nil
  local done, failure = self:notify("notifications/initialized", "initialize")
  if not done then
    self:forget_session()
    self:set_back()
    return nil, failure
  end
  self.is_open = true
  return true
end

-- Makes the next request possible: waits if it must, finds the era, opens the
-- session. true, or nil and the failure.
function Client:ready()
  self:wait()
  if not self.era then
    local known = known_eras[self.url]
    if self.protocol ~= "auto" then
      known = self.protocol == NEWEST and STATELESS or HANDSHAKE
    end
    self:set_era(known or STATELESS)
    self.is_guess = known == nil
  end
  if self.is_open then
    return true
  end
  return self:initialize()
end

function Client:set_era(era)
  self.era, self.is_guess = era, false
  self:forget_session()
  if era == STATELESS then
    self.version, self.is_open = NEWEST, true
  end
end

-- After the first answer of a server whose era was guessed: whether to ask again,
-- in the other way.
function Client:learn(answer, failure)
  local code = failure and failure.code or (answer and answer.error and answer.error.code)
  local result = answer and answer.result
  if (type(result) == "table" and result.resultType ~= nil) or OF_STATELESS[code] then
    local supported = failure and type(failure.data) == "table" and failure.data.supported
    if code ~= UNSUPPORTED_VERSION or type(supported) ~= "table" then
      self.is_guess = false
      known_eras[self.url] = STATELESS
      return false
    end
  elseif failure and is_undecided(failure.status or 0) and failure.kind ~= "protocol" then
    self.era = nil -- still unknown
    return false
  end
  core.discard_last()
  self:set_era(HANDSHAKE)
  self.was_guess = true
  return true
end

-- The guess was right after all if initialize meets a server that knows only the
-- stateless era.
function Client:unlearn(failure)
  if self.was_guess and failure and OF_STATELESS[failure.code] then
    core.discard_last()
    self.was_guess = false
    self.not_before = 0
    self:set_era(STATELESS)
    known_eras[self.url] = STATELESS
    return true
  end
  return false
end

-- 404 with a session means that it is gone; some servers say 400.
function Client:lost_session(failure)
  if not (failure and failure.kind == "http" and self.session) then
    return false
  end
  if failure.status == 404 then
    return true
  end
  local code = failure.code
  local is_about_request = code and code <= -32600 and code >= -32700
  return failure.status == 400
    and (not is_about_request or failure.message:lower():find("session", 1, true) ~= nil)
end

-- Sends what `make(self)` returns and gives the JSON-RPC message; or nil and the
-- failure. Begins a session when there is none, or it is lost.
function Client:exchange(make, name, method, target, timeout)
  local has_lost = false
  for _ = 1, 4 do
    local open, failure = self:ready()
    if open then
      local body = make(self)
      local headers = self:headers()
      if self.era == STATELESS then
        headers["Mcp-Method"], headers["Mcp-Name"] = method, target and header_safe(target)
      end
      local answer, why = self:post(body, name, timeout)
      failure = not answer and why or nil
      local again = self.is_guess and self:learn(answer, failure)
      if not again and self:lost_session(failure) and not has_lost then
        again, has_lost = true, true
        self:forget_session()
        self:set_back()
      end
      if not again then
        if answer then
          self.setbacks = 0
          if self.era == HANDSHAKE and self.protocol == "auto" then
            known_eras[self.url] = HANDSHAKE
          end
        end
        return answer, failure
      end
    elseif not self:unlearn(failure) then
      return nil, failure
    end
  end
  return failed("protocol", "the server accepts neither era of the protocol")
end

-- The result of an answer, or nil and the failure.
local function result_of(answer, failure)
  if not answer then
    return nil, failure
  end
  local result, err = answer.result, answer.error
  if type(err) == "table" then
    return failed("rpc", rpc_text(err), { code = err.code, data = err.data })
  elseif type(result) ~= "table" then
    return failed("protocol", "the answer has neither a result nor an error")
  elseif result.resultType ~= nil and result.resultType ~= "complete" then
    return failed("protocol", "the result is not complete: " .. tostring(result.resultType))
  end
  return result
end

--- Methods -----------------------------------------------------------------------

local REQUEST_OPTIONS = { name = options.string(), timeout = options.duration() }
local CALL_OPTIONS = {
  name = options.string(), timeout = options.duration(), allow_error = options.boolean(),
}
local NONE = {}

-- How a call of a tool begins, up to its arguments. A session has few of them.
local function begin_call(self, name)
  local text = encoded({ name = name }, "the name of the tool"):sub(2, -2)
  local begun = ',"method":"tools/call","params":{'
    .. (self.era == STATELESS and META .. "," or "") .. text .. ',"arguments":'
  self.tools[name] = begun
  return begun
end

local function call_failed(result)
  local text
  for _, part in ipairs(type(result.content) == "table" and result.content or NONE) do
    text = text or (type(part) == "table" and type(part.text) == "string" and part.text)
  end
  return failed("tool", "tool error: " .. one_line(text or "without a text", 200),
    { result = result })
end

--- Calls a tool. Counts under the tool's name.
-- @string name
-- @tparam ?table args
-- @tparam ?table opts name to count under, timeout, allow_error (a result that
-- says isError is no failure)
-- @return the result, or nil and the failure
function Client:call_tool(name, args, opts)
  if type(name) ~= "string" or name == "" then
    raise("call_tool takes a tool's name first, not %s", options.shown(name))
  end
  if args ~= nil and type(args) ~= "table" then
    raise("call_tool takes a table of arguments, not %s", options.shown(args))
  end
  opts = opts and options.check(opts, CALL_OPTIONS, "call_tool", 2) or NONE
  local text = args and encoded(args, "the arguments of tool '%s'", name) or "{}"
  local result, failure = result_of(self:exchange(function()
    return '{"jsonrpc":"2.0","id":' .. number(self) .. (self.tools[name] or begin_call(self, name))
      .. text .. "}}"
  end, opts.name or name, "tools/call", name, opts.timeout))
  if result and result.isError == true and not opts.allow_error then
    return call_failed(result)
  end
  return result, failure
end

--- Any request: `client:request("logging/setLevel", { level = "error" })`.
-- Counts under the method's name.
function Client:request(method, params, opts)
  if type(method) ~= "string" or not method:find("^[%w_/%.%-$]+$") then
    raise("request takes a method first, such as 'tools/list', not %s", options.shown(method))
  end
  opts = opts and options.check(opts, REQUEST_OPTIONS, method, 2) or NONE
  return self:ask(method, opts.name or method, params, nil, opts.timeout)
end

function Client:ask(method, name, params, target, timeout)
  local text = params and encoded(params, "the parameters of '%s'", method) or "{}"
  return result_of(self:exchange(function() return self:message(method, text) end, name, method,
    target, timeout))
end

-- All pages of a list; each is one request.
local function list(method, field, name)
  return function(self, opts)
    opts = opts and options.check(opts, REQUEST_OPTIONS, name, 2) or NONE
    local items, cursor = {}, nil
    for _ = 1, PAGES_MOST do
      local page, failure = self:ask(method, opts.name or name, cursor and { cursor = cursor },
        nil, opts.timeout)
      if not page then
        return nil, failure
      elseif type(page[field]) ~= "table" then
        return failed("protocol", "the answer to " .. method .. " has no " .. field)
      end
      for _, item in ipairs(page[field]) do
        items[#items + 1] = item
      end
      local following = page.nextCursor
      if following == nil or following == null then
        return items
      elseif type(following) ~= "string" or following == cursor then
        return failed("protocol", "nextCursor of " .. method .. " leads nowhere")
      end
      cursor = following
    end
    return failed("protocol", "the list of " .. method .. " does not end")
  end
end

--- All tools, resources, resource templates, prompts: a list of all pages, or nil
-- and the failure.
Client.list_tools = list("tools/list", "tools", "list_tools")
Client.list_resources = list("resources/list", "resources", "list_resources")
Client.list_resource_templates =
  list("resources/templates/list", "resourceTemplates", "list_resource_templates")
Client.list_prompts = list("prompts/list", "prompts", "list_prompts")

--- Reads a resource. Counts as read_resource.
function Client:read_resource(uri, opts)
  if type(uri) ~= "string" then
    raise("read_resource takes a uri, not %s", options.shown(uri))
  end
  opts = opts and options.check(opts, REQUEST_OPTIONS, "read_resource", 2) or NONE
  return self:ask("resources/read", opts.name or "read_resource", { uri = uri }, uri,
    opts.timeout)
end

--- Gets a prompt; args maps names to strings. Counts as get_prompt.
function Client:get_prompt(name, args, opts)
  if type(name) ~= "string" then
    raise("get_prompt takes a prompt's name first, not %s", options.shown(name))
  end
  opts = opts and options.check(opts, REQUEST_OPTIONS, "get_prompt", 2) or NONE
  return self:ask("prompts/get", opts.name or "get_prompt",
    { name = name, arguments = args }, name, opts.timeout)
end

--- Pings the server. The stateless era has no ping.
function Client:ping(opts)
  opts = opts and options.check(opts, REQUEST_OPTIONS, "ping", 2) or NONE
  return self:ask("ping", opts.name or "ping", nil, nil, opts.timeout)
end

--- Fails the last request, if it is not counted yet: what came is not what the
-- script wanted.
function Client:fail(why)
  core.fail_last(tostring(why))
end

--- Ends the session; the next request begins another. Does not count.
function Client:close()
  if self.session then
    self:wait()
    self.http:delete(self.url, {
      headers = self:headers(), record = false, timeout = self.timeout,
    })
  end
  if self.era == HANDSHAKE then
    self:forget_session()
  end
end

return mcp
