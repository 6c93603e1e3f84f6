--- A client of the Model Context Protocol over Streamable HTTP.
--
-- Each message is one POST over the user's HTTP client, and counts as one request
-- of type MCP. Two eras of the protocol are spoken: up to 2025-11-25 a session
-- begins with a handshake; from 2026-07-28 on every request stands alone.
-- @module inrush.mcp

local Connection = require "inrush.mcp.connection"
local core = require "inrush.core"
local eras = require "inrush.mcp.eras"
local failure = require "inrush.mcp.failure"
local options = require "inrush.options"

local mcp = {}

local failed = failure.failed

local PAGES_MOST = 1000

local function raise(format, ...)
  core.raise(string.format(format, ...))
end

--- A user's client of one server.
-- @type Client
local Client = Connection

local CLIENT_OPTIONS = {
  url = options.string(),
  headers = options.any(function(value)
    return type(value) == "table" or type(value) == "function"
  end, "a table, or a function that returns one"),
  protocol = options.string(),
  type = options.string(),
  timeout = options.duration(),
  name = options.string(),
  version = options.string(),
}

--- A client for the user whose task or hook this is. Sends nothing yet.
-- @tparam table opts url; headers sent with every request: a table, or a function
-- called before each (tokens); protocol ("auto", or a version); type ("MCP");
-- timeout of each request; name and version of the client
function mcp.client(opts)
  opts = options.check(opts, CLIENT_OPTIONS, "mcp.client", 2)
  if not opts.url then
    raise("mcp.client needs a url: mcp.client { url = \"http://localhost:8888/mcp\" }")
  end
  local protocol = opts.protocol or "auto"
  options.one_of(protocol, eras.PROTOCOLS, "protocol", 2, "mcp.client")
  return Connection.new(core.user("mcp.client"), {
    url = opts.url,
    kind = opts.type or "MCP",
    protocol = protocol,
    timeout = opts.timeout,
    given_headers = opts.headers,
    client_info = { name = opts.name or "inrush", version = opts.version or core.version },
  })
end

--- Opens the session, if there is none yet: the handshake, alone. Otherwise the
-- first request does. true, or nil and the failure.
function Client:open()
  return self:ready()
end

local NONE = {}

local REQUEST_OPTIONS = { name = options.string(), timeout = options.duration() }
local CALL_OPTIONS = {
  name = options.string(), timeout = options.duration(), allow_error = options.boolean(),
}

-- Options are few and come with every call: what is right costs little.
local function check(opts, known, what)
  if opts == nil then
    return NONE
  end
  for name, value in pairs(opts) do
    if not known[name] or known[name](value) ~= value then
      opts = options.check(opts, known, what, 3)
      break
    end
  end
  return opts
end

--- Calls a tool. Counts under the tool's name.
-- @string name
-- @tparam ?table args
-- @tparam ?table opts name to count under, timeout, allow_error (a result that
-- says isError is no failure)
-- @return the result, or nil and the failure
function Client:call_tool(name, args, opts)
  local res, raw
  if self.is_usual and opts == nil then
    local result
    result, res, raw = self:usual_call(name, args)
    if result then
      return result
    end
  end
  if type(name) ~= "string" or name == "" then
    raise("call_tool takes a tool's name first, not %s", options.shown(name))
  end
  if args ~= nil and (type(args) ~= "table" or #args > 0) then
    raise("call_tool takes a table of names and values, not %s",
      type(args) == "table" and "a list" or options.shown(args))
  end
  opts = opts and check(opts, CALL_OPTIONS, "call_tool") or NONE
  local result, why = self:exchange(args, opts.timeout, self.tool_call, name, opts.name or name,
    nil, res, raw)
  if result and result.isError == true and not opts.allow_error then
    return failure.of_tool(result)
  end
  return result, why
end

-- A request whose parameters are the members of a table.
local function ask(self, method, counted, params, target, timeout)
  return self:exchange(params, timeout, self.other_call, method, counted, target)
end

--- Any request: `client:request("logging/setLevel", { level = "error" })`.
-- Counts under the method's name.
function Client:request(method, params, opts)
  if type(method) ~= "string" or method == "" then
    raise("request takes a method first, such as 'tools/list', not %s", options.shown(method))
  end
  if params ~= nil and (type(params) ~= "table" or #params > 0) then
    raise("request takes a table of names and values, not %s",
      type(params) == "table" and "a list" or options.shown(params))
  end
  opts = check(opts, REQUEST_OPTIONS, method)
  return ask(self, method, opts.name or method, params, nil, opts.timeout)
end

-- All pages of a list; each is one request.
local function list(method, field, counted)
  return function(self, opts)
    opts = check(opts, REQUEST_OPTIONS, counted)
    local items, cursor = {}, nil
    for _ = 1, PAGES_MOST do
      local page, why = ask(self, method, opts.name or counted, cursor and { cursor = cursor },
        nil, opts.timeout)
      if not page then
        return nil, why
      elseif type(page[field]) ~= "table" then
        return failed("protocol", "the answer to " .. method .. " has no " .. field)
      end
      for _, item in ipairs(page[field]) do
        items[#items + 1] = item
      end
      local following = page.nextCursor
      if type(following) ~= "string" then
        return items
      elseif following == cursor then
        return failed("protocol", "nextCursor of " .. method .. " leads to the same page")
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
  opts = check(opts, REQUEST_OPTIONS, "read_resource")
  return ask(self, "resources/read", opts.name or "read_resource", { uri = uri }, uri,
    opts.timeout)
end

--- Gets a prompt; args maps names to strings. Counts as get_prompt.
function Client:get_prompt(name, args, opts)
  if type(name) ~= "string" then
    raise("get_prompt takes a prompt's name first, not %s", options.shown(name))
  end
  opts = check(opts, REQUEST_OPTIONS, "get_prompt")
  return ask(self, "prompts/get", opts.name or "get_prompt", { name = name, arguments = args },
    name, opts.timeout)
end

--- Pings the server. The stateless era has no ping: such a server answers with an
-- error.
function Client:ping(opts)
  opts = check(opts, REQUEST_OPTIONS, "ping")
  return ask(self, "ping", opts.name or "ping", nil, nil, opts.timeout)
end

--- Fails the last request, if it is not counted yet: what came is not what the
-- script wanted.
function Client:fail(why)
  if type(why) ~= "string" then
    raise("client:fail takes the reason as a string, not %s", type(why))
  end
  core.fail_last(why)
end

return mcp
