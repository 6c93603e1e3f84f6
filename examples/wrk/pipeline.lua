-- Three requests at once on each connection, the second of them HEAD.
-- inrush serve &  inrush -s examples/wrk/pipeline.lua -c 8 -d 3s http://localhost:8888

local batch

function init()
  batch = wrk.format("GET", "/health") .. wrk.format("HEAD", "/health")
    .. wrk.format("GET", "/api/v1/time")
end

function request()
  return batch
end
