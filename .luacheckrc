std = "luajit"
max_line_length = 100
self = false -- a method need not use it
ignore = {
  "581", -- not (x > 0) instead of x <= 0: it refuses NaN as well
}
stds.wrk = { globals = { "wrk", "setup", "init", "delay", "request", "response", "done" } }
files["examples/wrk"] = {
  std = "luajit+wrk",
  globals = { "id", "statuses" }, -- what setup() and done() set and ask for
  ignore = { "131" }, -- wrk calls the hooks
  unused_args = false, -- which show all that they get
}
