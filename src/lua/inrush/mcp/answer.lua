--- The answer to the request under way, where it is not the ordinary one that is read
-- in C (script/lua_mcp.c): streamed as events, resumed, a failure, or no MCP at all.
-- @module inrush.mcp.answer

local core = require "inrush.core"
local failure = require "inrush.mcp.failure"
local wires = require "inrush.mcp.core"

local encode, decode = wires.encode, wires.decode
local failed = failure.failed
local null = require("cjson").null

local STREAM_RETRY = 1 -- seconds before a stream is resumed, unless the server says
local RESUMES_MOST = 8

local answers = {}

--- is_clean: nothing of the last request is left. message: the JSON-RPC answer, once
-- found. event_id, retry: of the stream, as its events say. garbled: an event was not
-- JSON. stray: an answer to another request came.
-- @type Answer
local Answer = {}
Answer.__index = Answer

--- For the requests that one connection sends, one at a time; wire is to be set before
-- the first. http: the user's client; headers: of the connection (headers.lua);
-- timeout: seconds for a whole request, or nil. Its on_event is the function for the
-- events of those requests.
function answers.new(http, url, headers, timeout)
  local self = setmetatable({
    http = http, url = url, headers = headers, timeout = timeout, is_clean = true,
  }, Answer)
  self.on_event = function(data, _, id, retry) return self:take_event(data, id, retry) end
  return self
end

--- Another request is about to be sent.
function Answer:clear()
  self.message, self.event_id, self.retry, self.garbled, self.stray = nil, nil, nil, nil, nil
  self.is_clean = true
end

--- An event of a streamed answer; true once it was the one waited for. retry: seconds
-- before the stream is resumed, where the server says.
function Answer:take_event(data, id, retry)
  self.is_clean = false
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
function Answer:take_message(message)
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
    self.message = message
    return true
  end
  self.stray = true
  return false
end

-- The server asks something before it goes on: a ping gets its answer, the rest
-- is what we have said that we cannot do.
function Answer:answer_server(request)
  local outcome = '"result":{}'
  if request.method ~= "ping" then
    outcome = '"error":' .. encode { code = -32601,
      message = "inrush does not do " .. tostring(request.method) }
  end
  self.http:post(self.url, {
    body = '{"jsonrpc":"2.0","id":' .. encode(request.id) .. "," .. outcome .. "}",
    headers = self.headers.sent,
    background = true,
  })
end

-- A stream ended before its answer: asks for the rest of it, as one request with
-- what came before.
function Answer:resume(res)
  local began = core.clock() - res.elapsed
  local measuring = core.measure_last()
  local timeout = self.timeout or math.huge
  local headers, why = {}, nil
  for name, value in pairs(self.headers.sent) do
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
    core.pause(pause)
    headers["Last-Event-ID"] = self.event_id
    res = self.http:get(self.url, {
      headers = headers, timeout = left < math.huge and left or nil, events = self.on_event,
      record = false,
    })
    if self.message or self.garbled then
      break
    elseif res.status ~= 200 then
      why = res.status == 0 and res.error or "HTTP status " .. res.status
      if res.status ~= 0 then
        break
      end
    end
  end
  local found = self.message or self.garbled
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

--- Finds the answer that the wire did not take, in the response or in its events: the
-- result, or nil and the failure. had_session: the request belonged to one.
function Answer:find(res, had_session)
  self.is_clean = false
  if self.event_id and not self.message and not self.garbled then
    local lost
    res, lost = self:resume(res)
    if not res then
      return nil, lost
    end
  end
  local status = res.status
  if self.garbled then
    return failed("protocol", "an event of the answer is not JSON")
  elseif not self.message then
    if status == 0 or (status < 400 and res.error) then
      return failed("transport", res.error)
    end
    local message = decode(res.body)
    if type(message) == "table" then
      self:take_message(message)
    end
  end
  local answer = self.message
  if status >= 400 then
    local err = answer and type(answer.error) == "table" and answer.error
    return failure.of_status(res, err, had_session)
  elseif not answer then
    return self:no_answer(res)
  elseif type(answer.error) == "table" then
    return failure.of_rpc(answer.error)
  elseif type(answer.result) ~= "table" then
    return failed("protocol", "the answer has neither a result nor an error")
  end
  return answer.result
end

function Answer:no_answer(res)
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

return answers
