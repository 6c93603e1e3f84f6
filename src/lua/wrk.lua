--- What a wrk script finds: the global table `wrk`, with wrk's own names and meanings, and how
-- its hooks are called. script/wrk.c runs this in each of the script's states before the file.

local base = require "inrush.core"
local core = require "inrush.wrk.core"

local wrk = {
  scheme = core.scheme,
  host = core.host,
  port = core.port, -- a string, as in the URL; nil when it has none
  method = core.method,
  path = core.path,
  headers = core.headers,
  body = core.body,
  lookup = core.lookup,
  connect = core.connect,
}

--- The bytes of a request; what is nil is taken from wrk.*.
wrk.format = core.formatter(wrk)

--- Sets wrk.addrs: the addresses of host that accept connections.
function wrk.resolve(host, service)
  local addrs = {}
  for _, addr in ipairs(wrk.lookup(host, service)) do
    if wrk.connect(addr) then
      addrs[#addrs + 1] = addr
    end
  end
  wrk.addrs = addrs
end

-- Nobody connects before the run unless the script asks.
setmetatable(wrk, {
  __index = function(_, name)
    if name == "addrs" then
      wrk.resolve(wrk.host, wrk.port or wrk.scheme)
      return rawget(wrk, "addrs")
    end
  end,
})

--- In the main state, once for each thread.
function wrk.setup(thread)
  local setup = rawget(_G, "setup")
  if type(setup) == "function" then
    setup(thread)
  end
end

local function has_host_header()
  if type(wrk.headers) ~= "table" then
    base.raise("wrk.headers is a " .. type(wrk.headers) .. " value; it must be a table")
  end
  for name in pairs(wrk.headers) do
    if tostring(name):lower() == "host" then
      return true
    end
  end
end

local function host_header()
  local host = wrk.host:find(":", 1, true) and "[" .. wrk.host .. "]" or wrk.host
  return wrk.port and host .. ":" .. wrk.port or host
end

local inside_init = false

--- In each thread, before its first request. An init hook may call it itself, as scripts for
-- old versions of wrk do.
function wrk.init(args)
  if not has_host_header() then
    wrk.headers["Host"] = host_header()
  end
  local init = rawget(_G, "init")
  if type(init) == "function" and not inside_init then
    inside_init = true
    init(args)
    inside_init = false
  end
  local request = wrk.format()
  function wrk.request()
    return request
  end
end

_G.wrk = wrk

package.preload["inrush"] = function()
  base.raise("this is a scenario, not a wrk script; run it with: inrush run " .. core.file)
end

local hooks = { "setup", "init", "delay", "request", "response", "done" }
local known = {}
for name in pairs(_G) do
  known[name] = true
end

--- Warns of functions that look like a misspelt hook, and of a hook that is a request, not the
-- function that returns one.
local function check_hooks()
  if type(rawget(_G, "request")) == "string" then
    base.warn_once(core.file .. ": 'request' is a string, so nothing calls it; write "
      .. "function request() return ... end")
  end
  for name, value in pairs(_G) do
    if type(name) == "string" and type(value) == "function" and not known[name] then
      local near = base.suggest(name, hooks)
      if near and near ~= name and rawget(_G, near) == nil then
        local where = debug.getinfo(value, "S")
        base.warn_once(("%s:%d: '%s' is no hook, so nothing calls it; did you mean '%s'?"):format(
          where.short_src, where.linedefined, name, near))
      end
    end
  end
end

return { check_hooks = check_hooks }
