--- What the Lua tests assert with. A failed expectation is an error at the
-- test's line, so a script error of the run, so a failed test.
-- @module expect

local expect = {}

local function fail(format, ...)
  error(string.format(format, ...), 3)
end

local function show(value)
  return type(value) == "string" and string.format("%q", value) or tostring(value)
end

local function same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then
    return a == b
  end
  for key, value in pairs(a) do
    if not same(value, b[key]) then
      return false
    end
  end
  for key in pairs(b) do
    if a[key] == nil then
      return false
    end
  end
  return true
end

--- Equal, tables by their contents.
function expect.equal(found, wanted)
  if same(found, wanted) then
    return
  end
  if type(found) == "table" and type(wanted) == "table" then
    local cjson = require "cjson"
    fail("found %s, wanted %s", cjson.encode(found), cjson.encode(wanted))
  end
  fail("found %s, wanted %s", show(found), show(wanted))
end

function expect.truthy(found, what)
  if not found then
    fail("%s, but it is %s", what or "wanted a value", show(found))
  end
end

--- Every one of the plain words is in the text.
function expect.contains(text, ...)
  for _, word in ipairs { ... } do
    if not tostring(text):find(word, 1, true) then
      fail("found %s, wanted %s in it", show(text), show(word))
    end
  end
end

--- run() raises, and the message has every one of the plain words. It must begin
-- with a line of the test: what a person sees leads to the mistake.
function expect.raises(run, ...)
  local ok, message = pcall(run)
  if ok then
    fail("it raised no error, wanted one with %s", show((...)))
  end
  if not tostring(message):find("^%S*%.lua:%d+: ") then
    fail("found %s, wanted file:line first", show(message))
  end
  for _, word in ipairs { ... } do
    if not message:find(word, 1, true) then
      fail("found %s, wanted %s in it", show(message), show(word))
    end
  end
end

return expect
