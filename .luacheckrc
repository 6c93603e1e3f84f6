std = "luajit"
max_line_length = 100
self = false -- a method need not use it
ignore = {
  "581", -- not (x > 0) instead of x <= 0: it refuses NaN as well
}
