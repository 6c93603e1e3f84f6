--- The scenario API: user classes, tasks, waits, events, defaults.
--
-- A scenario file is loaded once in the control state (where test_start and
-- test_stop run) and once in every worker (where users live). What it declares
-- here is kept in plain tables; C reads them through `inrush.scenario` after
-- the file has run, and never while users do.
-- @module inrush

local core = require "inrush.core"
local metric = require "inrush.metric"
local options = require "inrush.options"
require "inrush.http" -- user.http
local redis = require "inrush.redis" -- user.redis
local tcp = require "inrush.tcp" -- user.tcp
local pg = require "inrush.pg" -- user.pg

local inrush = {}

--- What the file has declared so far; read by script/scenario.c.
-- @table scenario
local scenario = {
  classes = {},      -- in order of declaration; also by name
  defaults = {},     -- users, spawn_rate, ...
  profiles = {},     -- name -> the same fields
  handlers = {},     -- event -> list of functions
  thresholds = {},   -- expressions
}
inrush.scenario = scenario

--- The version of inrush, "0.1.0".
inrush.version = core.version

local function fail(level, format, ...)
  error(string.format(format, ...), level + 1)
end

local shown = options.shown

--- Waits ------------------------------------------------------------------

local Wait = {}
Wait.__index = Wait

local function seconds(value, what)
  if type(value) ~= "number" or value ~= value or value < 0 or value == math.huge then
    fail(3, "%s takes seconds, 0 or more, not %s", what, shown(value))
  end
  return value
end

local function wait(kind, low, high)
  return setmetatable({ kind = kind, low = low, high = high }, Wait)
end

--- Wait a random time between two, in seconds, after each task.
function inrush.between(low, high)
  low, high = seconds(low, "between(low, high)"), seconds(high, "between(low, high)")
  if high < low then
    fail(2, "between(%g, %g): the second must not be below the first", low, high)
  end
  return wait("between", low, high)
end

--- Wait the same time, in seconds, after each task.
function inrush.constant(time)
  time = seconds(time, "constant(time)")
  return wait("between", time, time)
end

--- Start a task every `period` seconds, however long the task takes; when it
-- takes longer, the next one is due already and its response time says so.
function inrush.pacing(period)
  period = seconds(period, "pacing(period)")
  return wait("pacing", period, period)
end

--- Start `rate` tasks per second and user: pacing(1 / rate).
function inrush.throughput(rate)
  if type(rate) ~= "number" or not (rate > 0) then
    fail(2, "throughput(rate) takes tasks per second, above 0, not %s", shown(rate))
  end
  return wait("pacing", 1 / rate, 1 / rate)
end

--- User classes -------------------------------------------------------------

--- What is known of a class is kept here, not in the class itself: so every
-- assignment to a class is seen, and checked.
local declared = setmetatable({}, { __mode = "k" })

local UserClass = {}

local HOOKS = { "on_start", "on_stop" }

--- class.on_start and class.on_stop are functions; other fields are mistakes.
function UserClass:__newindex(name, value)
  local about = declared[self]
  if about[name] ~= nil and name ~= "on_start" and name ~= "on_stop" then
    fail(2, "user class '%s': %s is set where the class is declared: "
      .. "inrush.user_class('%s', { %s = ... })", about.name, name, about.name, name)
  end
  options.one_of(name, HOOKS, "hook", 2, string.format("user class '%s'", about.name))
  if type(value) ~= "function" then
    fail(2, "user class '%s': %s must be a function, not %s", about.name, name, type(value))
  end
  about[name] = value
end

function UserClass:__index(name)
  local method = UserClass[name]
  if method then
    return method
  end
  return declared[self][name]
end

local TLS_OPTIONS = {
  insecure = options.boolean(),
  cacert = options.string(),
  cert = options.string(),
  key = options.string(),
  sni = options.string(),
}

local function is_wait(value)
  return getmetatable(value) == Wait or type(value) == "function"
end

local SPREADS = { "even", "poisson" }

local ARRIVALS_OPTIONS = {
  rate = options.any(function(value)
    return type(value) == "number" or type(value) == "string"
  end, "a number per second or a text such as '100/s'"),
  spread = options.string(),
}

--- { from, to, poisson } of a rate: a number per second, a text, or a table.
local function read_arrivals(given, what, level)
  local opts = type(given) == "table" and given or { rate = given }
  opts = options.check(opts, ARRIVALS_OPTIONS, what .. ": arrivals", level + 1)
  if not opts.rate then
    fail(level + 1, "%s: arrivals needs a rate: { rate = \"100/s\" }", what)
  end
  if opts.spread then
    options.one_of(opts.spread, SPREADS, "spread", level + 1, what .. ": arrivals")
  end
  local from, to = opts.rate, opts.rate
  if type(opts.rate) == "string" then
    from, to = core.parse_rate(opts.rate, what .. ": arrivals")
  elseif not (from > 0 and from <= 1e9) then
    fail(level + 1, "%s: arrivals must be above 0 per second, not %s", what, shown(from))
  end
  return { from = from, to = to, poisson = opts.spread == "poisson" }
end

local CLASS_OPTIONS = {
  weight = options.number { min = 0 },
  fixed_count = options.integer { min = 0 },
  wait = options.any(is_wait,
    "inrush.between, constant, pacing, throughput, or a function that returns seconds"),
  arrivals = options.any(function(value)
    return type(value) == "number" or type(value) == "string" or type(value) == "table"
  end, "tasks per second: a number, a text such as '100/s' or '50/s..200/s', or { rate = ... }"),
  max_users = options.integer { min = 1 },
  host = options.string(),
  tls = options.table(),
  redis = redis.url,
  tcp = tcp.address,
  headers = options.table(),
  timeout = options.duration(),
  tags = options.list_of_strings(),
  extends = options.any(function(value) return declared[value] ~= nil end, "a user class"),
  abstract = options.boolean(),
  target = options.string(),
  pg = options.any(function(value) return type(value) == "string" or type(value) == "table" end,
    "a PostgreSQL URL or a table of libpq's keywords"),
  optional = options.boolean(),
  probe = options.any(function(value) return type(value) == "function" end, "a function"),
}

local TASK_OPTIONS = {
  weight = options.number { min = 0 },
  tags = options.list_of_strings(),
}

-- What the report shows of a class without a host.
local function connects_to(opts)
  return opts.redis and redis.shown(opts.redis) or opts.tcp or opts.pg and pg.shown(opts.pg)
end

-- What a class that extends none starts from.
local NOTHING = { weight = 1, headers = {}, tags = {}, tasks = {} }

--- Declares a user class.
-- @string name what the report calls it
-- @tparam ?table opts weight (1), fixed_count, wait (none), arrivals (its tasks
-- begin at a rate, whether or not earlier ones have ended; instead of a wait),
-- max_users (at most so many at work at once, with arrivals), host, tls (insecure,
-- cacert, cert, key, sni: what https hosts are trusted with), headers sent
-- with each of its requests, timeout (seconds or a text), tags for all its tasks,
-- extends (a class whose options, tasks and hooks it starts from), abstract
-- (never run itself), probe (a function, called with a user before the run: when
-- it raises, or a request in it fails, the class cannot run), optional (a class
-- that cannot run is skipped; without it the run does not start), target (what
-- the report shows instead of the host)
-- @return the class, for `class:task`, `class.on_start` and `class.on_stop`
function inrush.user_class(name, opts)
  if type(name) ~= "string" or name == "" then
    fail(2, "user_class takes a name first, not %s", shown(name))
  end
  if scenario.classes[name] then
    fail(2, "user class '%s' is declared twice", name)
  end
  opts = options.check(opts, CLASS_OPTIONS, string.format("user class '%s'", name), 2)
  opts.pg = opts.pg and pg.conninfo(opts.pg, string.format("user class '%s'", name), 2)
  opts.tls = opts.tls
    and options.check(opts.tls, TLS_OPTIONS, string.format("user class '%s': tls", name), 2)
  local base = declared[opts.extends or false] or NOTHING
  if opts.wait and opts.arrivals then
    fail(2, "user class '%s': wait and arrivals exclude each other: users wait, arrivals come at "
      .. "their rate", name)
  end
  if opts.fixed_count and opts.arrivals then
    fail(2, "user class '%s': fixed_count and arrivals exclude each other: arrivals have as many "
      .. "users as they need; max_users bounds them", name)
  end
  local arrivals = opts.arrivals
    and read_arrivals(opts.arrivals, string.format("user class '%s'", name), 2)
  local about = {
    name = name,
    weight = opts.weight or base.weight,
    fixed_count = opts.fixed_count or 0,
    wait = opts.wait or not arrivals and base.wait or nil,
    arrivals = arrivals or not (opts.wait or opts.fixed_count) and base.arrivals or nil,
    max_users = opts.max_users or base.max_users,
    host = opts.host or base.host,
    tls = opts.tls or base.tls,
    redis = opts.redis or base.redis,
    tcp = opts.tcp or base.tcp,
    timeout = opts.timeout or base.timeout,
    headers = {},
    tags = opts.tags or base.tags,
    abstract = opts.abstract or false,
    target = opts.target or not opts.host and connects_to(opts) or base.target,
    pg = opts.pg or base.pg,
    optional = opts.optional or false,
    probe = opts.probe or base.probe,
    tasks = { unpack(base.tasks) },
    on_start = base.on_start,
    on_stop = base.on_stop,
  }
  for _, from in ipairs { base.headers, opts.headers or {} } do
    for header, value in pairs(from) do
      if type(header) ~= "string" or (type(value) ~= "string" and type(value) ~= "number") then
        fail(2, "user class '%s': headers must map names to strings", name)
      end
      about.headers[header] = tostring(value)
    end
  end
  scenario.classes[#scenario.classes + 1] = about
  scenario.classes[name] = about
  local class = setmetatable({}, UserClass)
  declared[class] = about
  return class
end

--- Adds a task, or replaces an inherited one of the same name.
-- @string name shown in listings and errors
-- @tparam ?table opts weight (1; 0 switches it off) and tags
-- @func run called with the user
function UserClass:task(name, opts, run)
  local about = declared[self]
  if not about then
    fail(2, "call it with a colon: class:task(name, function(user) ... end)")
  end
  if run == nil and type(opts) == "function" then
    opts, run = nil, opts
  end
  if type(name) ~= "string" or name == "" then
    fail(2, "user class '%s': task takes a name first, not %s", about.name, shown(name))
  end
  local what = string.format("task '%s' of user class '%s'", name, about.name)
  if type(run) ~= "function" then
    fail(2, "%s takes a function last, not %s", what, type(run))
  end
  opts = options.check(opts, TASK_OPTIONS, what, 2)
  local task = {
    name = name,
    weight = opts.weight or 1,
    tags = opts.tags or {},
    run = run,
    owner = about,
  }
  for i, other in ipairs(about.tasks) do
    if other.name == name then
      if other.owner == about then
        fail(2, "%s is declared twice", what)
      end
      about.tasks[i] = task
      return
    end
  end
  about.tasks[#about.tasks + 1] = task
end

--- Defaults, profiles, events, thresholds -------------------------------------

local DEFAULT_OPTIONS = {
  title = options.string(),
  users = options.integer { min = 1 },
  spawn_rate = options.number { min = 0 },
  duration = options.duration(),
  warmup = options.duration(),
  stop_timeout = options.duration(),
  timeout = options.duration(),
  stages = options.table(),
}

local STAGE_OPTIONS = {
  name = options.string(),
  duration = options.duration(),
  users = options.integer { min = 0 },
}

local function settings(opts, what)
  opts = options.check(opts, DEFAULT_OPTIONS, what, 3)
  for i, stage in ipairs(opts.stages or {}) do
    local which = string.format("%s: stage %d", what, i)
    opts.stages[i] = options.check(stage, STAGE_OPTIONS, which, 3)
    if not stage.duration or not stage.users then
      fail(3, "%s needs a duration and the users at its end: { duration = \"30s\", users = 100 }",
        which)
    end
  end
  if opts.stages and #opts.stages == 0 then
    fail(3, "%s: stages must be a list with at least one stage", what)
  end
  return opts
end

--- What the run is unless the command line says otherwise: users, spawn_rate
-- (users per second; 0: all at once), duration, warmup (before it, kept out of
-- the figures), stop_timeout and timeout (seconds or "90s"), title; or, instead
-- of the first three, stages: a list of { duration, users at its end, name },
-- between which the number of users goes evenly, from 0.
function inrush.defaults(opts)
  for name, value in pairs(settings(opts, "defaults")) do
    scenario.defaults[name] = value
  end
end

--- Other defaults under a name, for `--profile NAME`.
function inrush.profile(name, opts)
  if type(name) ~= "string" or name == "" then
    fail(2, "profile takes a name first, not %s", shown(name))
  end
  scenario.profiles[name] = settings(opts, string.format("profile '%s'", name))
end

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
