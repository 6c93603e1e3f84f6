-- What goes over the wire for each option of a request, and what a wrong one says.
local inrush = require "inrush"
local cjson = require "cjson"
local expect = require "expect"

local U = inrush.user_class("U", { headers = { ["X-Class"] = "U", Accept = "text/x-class" } })

local recorded = {}
inrush.on("request", function(sample)
  recorded[#recorded + 1] = sample
end)

U:task("methods", function(user)
  local http = user.http
  for _, method in ipairs { "get", "post", "put", "patch", "delete", "options" } do
    expect.equal(http[method](http, "/x"):json().method, method:upper())
  end
  expect.equal(http:request("PURGE", "/x"):json().method, "PURGE")
  local head = http:head("/x")
  expect.equal(head.status, 200)
  expect.equal(head.body, "")
  expect.truthy(tonumber(head:header("content-length")) > 0)
  expect.equal(http:get("/x"):json().number, 9) -- all on one connection
end)

U:task("a body says its length", function(user)
  local seen = user.http:post("/x"):json()
  expect.equal(seen.headers["content-length"], "0")
  expect.equal(seen.body, "")
  seen = user.http:post("/x", { body = "a\0b" }):json()
  expect.equal(seen.headers["content-length"], "3")
  expect.equal(seen.body, "a\0b")
  expect.equal(seen.headers["content-type"], nil)
  expect.equal(user.http:get("/x"):json().headers["content-length"], nil)
  expect.equal(user.http:get("/x", { body = "even so" }):json().body, "even so")
end)

U:task("json", function(user)
  local seen = user.http:post("/x", { json = { a = { 1, 2.5, "drei" } } }):json()
  expect.equal(seen.headers["content-type"], "application/json")
  expect.equal(cjson.decode(seen.body), { a = { 1, 2.5, "drei" } })
  expect.equal(user.http:post("/x", { json = false }):json().body, "false")
  expect.equal(user.http:post("/x", { json = cjson.null }):json().body, "null")
  seen = user.http:post("/x", { json = { 1 }, headers = { ["content-type"] = "text/x" } }):json()
  expect.equal(seen.headers["content-type"], "text/x")
  expect.raises(function() user.http:post("/x", { json = { [print] = 1 } }) end, "option 'json'")
end)

U:task("query", function(user)
  local function target(path, query)
    return user.http:get(path, { query = query }):json().target
  end
  expect.equal(target("/x", { a = "1 2&ä/ü~" }), "/x?a=1%202%26%C3%A4%2F%C3%BC~")
  expect.equal(target("/x?a=1", { b = 2 }), "/x?a=1&b=2")
  expect.equal(target("/x", { ["a b"] = true }), "/x?a%20b=true")
  expect.equal(target("/x", { a = { 1, "two", false } }), "/x?a=1&a=two&a=false")
  expect.equal(target("/x", {}), "/x")
  expect.raises(function() target("/x", { a = print }) end, "option 'query'", "'a'", "function")
  expect.raises(function() target("/x", { "a" }) end, "option 'query' must map names to values")
  expect.raises(function() target("/x", "a=1") end, "option 'query' must be a table")
end)

U:task("form", function(user)
  local seen = user.http:post("/x", { form = { name = "a b=c" }, query = { q = 1 } }):json()
  expect.equal(seen.headers["content-type"], "application/x-www-form-urlencoded")
  expect.equal(seen.body, "name=a%20b%3Dc")
  expect.equal(seen.target, "/x?q=1")
  expect.equal(user.http:post("/x", { form = { a = { 1, 2 } } }):json().body, "a=1&a=2")
end)

U:task("as many headers as there may be", function(user)
  local given = {}
  for i = 1, 64 do
    given["X-" .. i] = "v"
  end
  local seen = user.http:post("/x", { headers = given, json = {}, record = true }):json().headers
  expect.equal(seen["x-64"], "v")
  expect.equal(seen["content-type"], "application/json")
  given["X-65"] = "v"
  expect.raises(function() user.http:get("/x", { headers = given }) end, "more than 64 headers")
end)

U:task("headers", function(user)
  local function headers(given)
    return user.http:get("/x", { headers = given }):json().headers
  end
  local seen = headers { ["X-One"] = "1", ["X-Number"] = 42 }
  expect.equal(seen["x-one"], "1")
  expect.equal(seen["x-number"], "42")
  expect.equal(seen["x-class"], "U")
  expect.equal(headers({ ["x-class"] = "request" })["x-class"], "request")
  expect.equal(headers({})["x-class"], "U")
  expect.equal(headers({ Host = "other.example" }).host, "other.example")
  expect.raises(function() headers { A = "b\r\nEvil: c" } end, "A")
  expect.raises(function() headers { ["A B"] = "c" } end, "A B")
  expect.raises(function() headers { A = true } end, "option 'headers'")
  expect.raises(function() headers { "A: b" } end, "option 'headers'")
end)

U:task("headers of the user", function(user)
  local function seen()
    return user.http:get("/x"):json().headers
  end
  user.http:set_header("Authorization", "Bearer one")
  expect.equal(seen().authorization, "Bearer one")
  expect.equal(seen()["x-class"], "U")
  user.http:set_header("authorization", "Bearer two")
  expect.equal(seen().authorization, "Bearer two")
  user.http:set_header("accept", "text/x-user")
  expect.equal(seen().accept, "text/x-user")
  user.http:set_header("AUTHORIZATION", nil)
  expect.equal(seen().authorization, nil)
  user.http:set_header("Accept", nil)
  expect.equal(seen().accept, "text/x-class")
  expect.raises(function() user.http:set_header("A") user.http:set_header(1) end, "set_header")
  expect.raises(function() user.http:set_header("A", {}) end, "set_header")
end)

U:task("a bad header of the user", function(user)
  expect.raises(function()
    user.http:set_header("X Y", "z")
    user.http:get("/x")
  end, "X Y")
  user.http:set_header("X Y", nil)
  user.http:set_header("X-Last", "1")
  expect.equal(user.http:get("/x"):json().headers["x-last"], "1")
end)

U:task("disconnect", function(user)
  local number = user.http:get("/x"):json().number
  expect.equal(user.http:get("/x"):json().number, number + 1)
  user.http:disconnect()
  expect.equal(user.http:get("/x"):json().number, 1)
end)

U:task("names", function(user)
  local function name_of(...)
    recorded = {}
    user.http:get(...)
    inrush.sleep(0) -- another operation: the request is counted
    return recorded[1].type .. " " .. recorded[1].name
  end
  expect.equal(name_of("/a/b?c=d"), "GET /a/b")
  expect.equal(name_of("/a", { query = { x = 1 } }), "GET /a")
  expect.equal(name_of("/a", { name = "the a" }), "GET the a")
  expect.equal(name_of("/a", { name = "the a", type = "RPC" }), "RPC the a")
  expect.equal(name_of("/a", { type = "RPC" }), "RPC /a")
  expect.raises(function() name_of("/a", { name = 3 }) end, "option 'name' must be a string")
end)

U:task("not recorded", function(user)
  recorded = {}
  user.http:get("/x", { record = false })
  user.http:get("/y")
  inrush.sleep(0)
  expect.equal(#recorded, 1)
  expect.equal(recorded[1].name, "/y")
end)

U:task("whole URLs", function(user)
  local url = "http://" .. user.http:get("/x"):json().headers.host
  local seen = user.http:get(url .. "/other?a=1"):json()
  expect.equal(seen.target, "/other?a=1")
  expect.equal(user.http:get(url):json().target, "/")
  expect.equal(user.http:get(url .. "?a=1"):json().target, "/?a=1")
  expect.raises(function() user.http:get("x") end,
    "must be a path that begins with / or a whole URL")
  expect.raises(function() user.http:get("ftp://x/") end, "scheme", "ftp")
  expect.raises(function() user.http:get("http://:80/") end, "http://:80")
  expect.raises(function() user.http:get("/a b") end, "/a b")
  expect.raises(function() user.http:get("/a\r\nEvil: b") end, "target")
end)

U:task("timeout", function(user)
  local res = user.http:get("/slow/30", { timeout = 0.05 })
  expect.equal(res.status, 0)
  expect.contains(res.error, "timed out")
  expect.contains(user.http:get("/slow/30", { timeout = "40ms" }).error, "timed out")
  for _, wrong in ipairs { 0, -1, "soon", 0 / 0, "0s" } do
    expect.raises(function() user.http:get("/x", { timeout = wrong }) end, "option 'timeout'")
  end
end)

U:task("wrong calls", function(user)
  local http = user.http
  local number = http:get("/x"):json().number
  expect.raises(function() http:get("/x", { naem = "y" }) end,
    "unknown request option 'naem'; did you mean 'name'?")
  expect.raises(function() http:get("/x", { zzzz = "y" }) end,
    "unknown request option 'zzzz'; there")
  expect.raises(function() http:get("/x", { "y" }) end, "request options must have names")
  expect.raises(function() http:get("/x", "y") end, "request options must be a table, not string")
  expect.raises(function() http:get() end, "a request takes a path or a URL")
  expect.raises(function() http.get("/x") end, "call it with a colon")
  expect.raises(function() http.get() end, "call it with a colon")
  expect.raises(function() http:request("/x") end, "request")
  expect.raises(function() http:request("G T", "/x") end, "G T")
  expect.raises(function() http:post("/x", { json = {}, body = "" }) end,
    "one of json, body and form")
  expect.raises(function() http:post("/x", { body = {} }) end, "option 'body' must be a string")
  expect.raises(function() http:get("/x", { record = 1 }) end,
    "option 'record' must be true or false")
  expect.raises(function() http:get("/x", { expect = "fine" }) end, "option 'expect'")
  expect.raises(function() http:get("/x", { expect = { "fine" } }) end, "option 'expect'")
  expect.equal(http:get("/x"):json().number, number + 1) -- nothing was sent
end)

local V = inrush.user_class("V", {})

V:task("another user has none of the first one's headers", function(user)
  expect.equal(user.http:get("/x"):json().headers["x-last"], nil)
  expect.equal(user.http:get("/x"):json().headers["x-class"], nil)
end)

local too_many = {}
for i = 1, 65 do
  too_many["X-" .. i] = "v"
end
local Many = inrush.user_class("Many", { headers = too_many })

Many:task("the class has too many headers", function(user)
  expect.raises(function() user.http:get("/x") end,
    "user class 'Many' cannot have more than 64 headers")
end)
