--- The scenario API: what `require "inrush"` gives. Classes, waits and settings are
-- modules of their own; events, thresholds, metrics and helpers are here.
--
-- A scenario file is loaded once in the control state (where test_start and
-- test_stop run) and once in every worker (where users live). What it declares
-- is kept in plain tables; C reads them through `inrush.scenario` after
-- the file has run, and never while users do.
-- @module inrush

local class = require "inrush.class"
local core = require "inrush.core"
local metric = require "inrush.metric"
local options = require "inrush.options"
local scenario = require "inrush.scenario"
local settings = require "inrush.settings"
local wait = require "inrush.wait"
require "inrush.http" -- user.http; the class has required the other protocols

local inrush = {}

local fail, shown = options.fail, options.shown

inrush.scenario = scenario

--- The version of inrush, "0.1.0".
inrush.version = core.version

inrush.user_class = class.declare

inrush.between = wait.between
inrush.constant = wait.constant
inrush.pacing = wait.pacing
inrush.throughput = wait.throughput

inrush.defaults = settings.defaults
inrush.profile = settings.profile

--- Events and thresholds ----------------------------------------------------

local EVENTS = {
  "test_start", "spawning_complete", "test_stop", "worker_start", "worker_stop", "request",
}

--- Calls `handler` when something happens.
--
-- In the control state, once a run: `test_start(run)`, `spawning_complete(run)`
-- and `test_stop(report)`. In every worker: `worker_start()`, `worker_stop()`
-- and `request(sample)` after each recorded request. Handlers cannot wait and
-- send no requests.
function inrush.on(event, handler)
  options.one_of(event, EVENTS, "event", 2)
  if type(handler) ~= "function" then
    fail(2, "on('%s') takes a function, not %s", event, type(handler))
  end
  local list = scenario.handlers[event] or {}
  scenario.handlers[event] = list
  list[#list + 1] = handler
end

local THRESHOLD_OPTIONS = { abort = options.boolean() }

-- The expression of a string, or of a table { "p99 < 1s", abort = true }.
local function threshold(given)
  if type(given) ~= "table" then
    return given
  end
  local opts = {}
  for name, value in pairs(given) do
    opts[name] = name ~= 1 and value or nil
  end
  opts = options.check(opts, THRESHOLD_OPTIONS, "threshold", 3)
  return opts.abort and type(given[1]) == "string" and given[1] .. " abort" or given[1]
end

--- What the run must reach, else exit status 2: { "p95 < 200ms", "failures < 1%" }.
-- Instead of an expression { "p99 < 1s", abort = true }, which ends the run, as
-- the word "abort" in the expression does. docs/thresholds.md has them all.
function inrush.thresholds(list)
  if type(list) ~= "table" then
    fail(2, "thresholds takes a list of expressions, not %s", type(list))
  end
  for place in pairs(list) do
    if type(place) ~= "number" then
      fail(2, "thresholds takes a list of expressions; found '%s' beside them%s", tostring(place),
        place == "abort" and ": it belongs to one, { { \"p99 < 1s\", abort = true } }" or "")
    end
  end
  for _, given in ipairs(list) do
    local expression = threshold(given)
    if type(expression) ~= "string" then
      fail(2, "thresholds takes expressions such as \"p95 < 200ms\", not %s", type(expression))
    end
    core.check_threshold(expression)
    scenario.thresholds[#scenario.thresholds + 1] = expression
  end
end

--- Metrics ------------------------------------------------------------------

local METRIC_OPTIONS = { unit = options.string() }

-- A function that declares a metric of a kind, or returns it when it is known.
local function declares(kind)
  return function(name, opts)
    if type(name) ~= "string" or name == "" then
      fail(2, "%s takes a name first, not %s", kind, shown(name))
    end
    if opts == nil then
      return metric.declare(kind, name)
    end
    opts = options.check(opts, METRIC_OPTIONS, string.format("%s '%s'", kind, name), 2)
    return metric.declare(kind, name, opts.unit)
  end
end

--- A count of the script's own: `inrush.counter("logins"):add(n)`, n 1 without.
--
-- The four kinds are declared where the file is loaded or where they are first
-- used; `unit` is the only option, and the same name is the same metric.
inrush.counter = declares("counter")
--- A value that goes up and down: `gauge:set(value)`; the last, least and most
-- are reported.
inrush.gauge = declares("gauge")
--- How many of all are true: `rate:add(condition)`.
inrush.rate = declares("rate")
--- A distribution, of times or sizes: `trend:add(value)`, 0 or more.
inrush.trend = declares("trend")

--- Helpers ------------------------------------------------------------------

--- A setting: `--set NAME=VALUE`, else the environment variable, else default.
function inrush.env(name, default)
  if type(name) ~= "string" then
    fail(2, "env takes a name first, not %s", type(name))
  end
  local value = core.env(name)
  if value == nil then
    return default
  end
  return value
end

--- One of a list's items, at random (`--seed` makes it repeatable).
function inrush.pick(list)
  local n = type(list) == "table" and #list or 0
  if n == 0 then
    fail(2, "pick takes a list with at least one item, not %s",
      type(list) == "table" and "an empty one" or type(list))
  end
  return list[core.random(1, n)]
end

--- A whole number between two, both included.
inrush.random = core.random
--- A number between two.
inrush.uniform = core.uniform
--- Lets the user wait, in seconds, inside a task.
inrush.sleep = core.sleep
--- A line on the terminal: `inrush: ...`.
inrush.log = core.log
--- Seconds on a clock that only goes forward.
inrush.clock = core.clock
--- The words behind `--` on the command line.
inrush.args = core.args
--- Which worker this is, from 1; 0 in the control state.
inrush.worker = core.worker

local function measured(ok, ...)
  if ok then
    core.measure_end()
    return ...
  end
  local message = ...
  core.measure_end(tostring(message))
  return nil, message
end

--- Times `run` as one request of the given type and name.
--
-- Requests inside are not recorded themselves; a failed one, or an error, is the
-- failure of the whole. Returns what `run` returns, or nil and the error.
function inrush.measure(kind, name, run, ...)
  if type(run) ~= "function" then
    fail(2, "measure(type, name, run, ...) takes a function third, not %s", type(run))
  end
  core.measure_begin(kind, name)
  return measured(pcall(run, ...))
end

--- A misspelt function is an error where it is used, not "a nil value".
setmetatable(inrush, {
  __index = function(_, name)
    local names = {}
    for known in pairs(inrush) do
      names[#names + 1] = known
    end
    table.sort(names)
    options.one_of(name, names, "function", 2, "inrush")
  end,
})

return inrush
