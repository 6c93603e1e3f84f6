-- Several paths in turn, counted by thread, and a report of one's own: CSV on standard output.
-- inrush serve &  inrush -s examples/wrk/report.lua -t 2 -c 8 -d 3s http://localhost:8888
-- The paths are words behind --: ... http://localhost:8888 -- /health /api/v1/time

local threads = {}

function setup(thread)
  threads[#threads + 1] = thread
  thread:set("id", #threads)
end

function init(args)
  local paths = #args > 0 and args or { "/health" }
  local made = {}
  for i, path in ipairs(paths) do
    made[i] = wrk.format("GET", path)
  end
  local n = id -- the threads begin with different paths
  function request()
    n = n + 1
    return made[n % #made + 1]
  end

  statuses = {}
  function response(status)
    statuses[status] = (statuses[status] or 0) + 1
  end
end

function done(summary, latency, requests)
  print("thread,status,count")
  for i, thread in ipairs(threads) do
    for status, count in pairs(thread:get("statuses")) do
      print(("%d,%d,%d"):format(i, status, count))
    end
  end
  print("requests,errors,p50_us,p99_us,max_us,requests_per_s")
  local e = summary.errors
  print(("%d,%d,%d,%d,%d,%.1f"):format(summary.requests,
    e.connect + e.read + e.write + e.status + e.timeout, latency:percentile(50),
    latency:percentile(99), latency.max, summary.requests / summary.duration * 1e6))
end
