-- Requests: query, headers, JSON, forms, any method, deadlines, names in the report.
-- inrush serve &  inrush check examples/requests.lua
local inrush = require "inrush"

local client = inrush.user_class("Client", {
  host = "http://localhost:8888",
  headers = { Accept = "application/json" }, -- with every request of the class
  timeout = "5s", -- of each; a request may say otherwise
  wait = inrush.constant(0.1),
})

-- The name is what the report counts under; without one, the path. Paths with
-- ids in them need a name, or each would be a series of its own.
client:task("a name", function(user)
  local zone = inrush.pick { "Asia/Tokyo", "Europe/London", "America/New_York" }
  user.http:get("/api/v1/time/" .. zone, { name = "/api/v1/time/{timezone}" })
end)

client:task("a query", function(user)
  user.http:get("/api/v1/time", { query = { timezone = "Europe/Paris" } }) -- is encoded
end)

client:task("headers and a deadline", function(user)
  user.http:get("/health", { headers = { ["X-Request-Id"] = "42" }, timeout = 0.5 })
end)

client:task("a body of JSON", function(user)
  user.http:post("/api/v1/convert", {
    json = { time = "2025-01-15T10:30:00Z", from_timezone = "UTC", to_timezone = "Asia/Tokyo" },
  })
end)

-- The target takes no form and says so; expect makes that the right answer.
client:task("a form", function(user)
  user.http:post("/api/v1/convert", {
    name = "a form",
    form = { time = "2025-01-15 10:30:00", zones = { "UTC", "Asia/Tokyo" } }, -- zones twice
    expect = { 400, 415 },
  })
end)

client:task("any method, any body", function(user)
  user.http:request("PATCH", "/api/v1/time", { name = "PATCH", body = "any bytes", expect = 405 })
end)

-- Not counted at all: for what is not the server's work, such as setting up.
client:task("unrecorded", function(user)
  user.http:get("/version", { record = false })
end)
