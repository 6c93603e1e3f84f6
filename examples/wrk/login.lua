-- A login, then the API with its token, each thread for itself. Runs under wrk as well.
-- inrush serve &  inrush -s examples/wrk/login.lua -c 8 -d 3s http://localhost:8888

local token

local function login()
  return wrk.format("POST", "/api/v1/convert", { ["Content-Type"] = "application/json" },
    '{"time":"2025-01-15T10:30:00Z","from_timezone":"UTC","to_timezone":"Asia/Tokyo"}')
end

function request()
  if not token then
    return login()
  end
  return wrk.format("GET", "/api/v1/time", { Authorization = "Bearer " .. token })
end

function response(status, headers, body)
  if not token and status == 200 then
    token = body:match('"converted_time":"([^"]+)"')
  end
end
