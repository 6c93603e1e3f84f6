--- What becomes of MCP requests that fail.
-- @module inrush.mcp.failure

local core = require "inrush.core"

local failure = {}

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

local RETRY_AFTER_MOST = 3600 -- seconds
local TEXT_MOST = 200

--- What a method gives instead of a result. kind: "transport", "http" (status,
-- and code if there was one), "rpc" (code, data), "tool" (result) or "protocol"
-- (what came is not MCP). message is what the report groups by; as a string a
-- failure is its message.
-- @type Failure
local Failure = {}
Failure.__index = Failure
Failure.__tostring = function(self) return self.message end

-- As the statistics call them. A transport error is recorded already.
local RECORDED_AS = { http = "status", rpc = "check", tool = "check", protocol = "protocol" }

function failure.one_line(text, most)
  text = text:match("^%s*([^\r\n]*)")
  most = most or TEXT_MOST
  return #text > most and text:sub(1, most) .. "..." or text
end

--- nil and a failure, which becomes that of the last request.
function failure.failed(kind, message, fields)
  local one = fields or {}
  one.kind, one.message = kind, message
  if RECORDED_AS[kind] then
    core.fail_last(message, RECORDED_AS[kind])
  end
  return nil, setmetatable(one, Failure)
end

--- "JSON-RPC -32602: Unknown tool"
function failure.rpc_text(err)
  return string.format("JSON-RPC %s: %s", tostring(err.code),
    failure.one_line(type(err.message) == "string" and err.message or "without a message"))
end

--- A JSON-RPC error object as a failure.
function failure.of_rpc(err)
  return failure.failed("rpc", failure.rpc_text(err), { code = err.code, data = err.data })
end

--- A result that says isError.
function failure.of_tool(result)
  local text
  for _, part in ipairs(type(result.content) == "table" and result.content or {}) do
    text = text or (type(part) == "table" and type(part.text) == "string" and part.text)
  end
  return failure.failed("tool", "tool error: " .. failure.one_line(text or "without a text"),
    { result = result })
end

local MONTHS = {
  Jan = 1, Feb = 2, Mar = 3, Apr = 4, May = 5, Jun = 6,
  Jul = 7, Aug = 8, Sep = 9, Oct = 10, Nov = 11, Dec = 12,
}

--- Seconds that a Retry-After header asks for, a number or an HTTP date; or nil.
function failure.retry_after(value, now)
  value = value or ""
  now = now or os.time()
  local seconds = tonumber(value:match("^%s*(%d+)%s*$"))
  if not seconds then
    local day, month, year, hour, min, sec =
      value:match("(%d+) (%a%a%a) (%d%d%d%d) (%d%d):(%d%d):(%d%d) GMT")
    if not MONTHS[month] then
      return nil
    end
    -- Both as if local, so that the zone cancels.
    local utc = os.date("!*t", now)
    utc.isdst = false
    seconds = os.difftime(os.time { year = year, month = MONTHS[month], day = day, hour = hour,
      min = min, sec = sec, isdst = false }, os.time(utc))
  end
  return math.min(math.max(seconds, 0), RETRY_AFTER_MOST)
end

--- A status of 400 or above; err: the JSON-RPC error that came with it, if one did.
function failure.of_status(res, err, had_session)
  local status = res.status
  local text = STATUSES[status]
  if status == 404 and had_session then
    text = "the session is lost; the client begins another"
  end
  if err then
    text = failure.rpc_text(err)
  end
  local after = (status == 429 or status == 503)
    and failure.retry_after(res:header("retry-after")) or nil
  return failure.failed("http", "HTTP status " .. status .. (text and ": " .. text or ""), {
    status = status, code = err and err.code, data = err and err.data, retry_after = after,
  })
end

return failure
