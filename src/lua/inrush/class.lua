--- User classes and their tasks: inrush.user_class, class:task, class.on_start and
-- class.on_stop.
-- @module inrush.class

local core = require "inrush.core"
local options = require "inrush.options"
local pg = require "inrush.pg"
local redis = require "inrush.redis"
local scenario = require "inrush.scenario"
local tcp = require "inrush.tcp"
local wait = require "inrush.wait"

local class = {}

local fail, shown = options.fail, options.shown

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
  wait = options.any(wait.is_wait,
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

-- The options of a class, checked, and those that C reads as it reads them.
local function read_options(given, what, level)
  local opts = options.check(given, CLASS_OPTIONS, what, level + 1)
  if opts.wait and opts.arrivals then
    fail(level + 1, "%s: wait and arrivals exclude each other: users wait, arrivals come at "
      .. "their rate", what)
  end
  if opts.fixed_count and opts.arrivals then
    fail(level + 1, "%s: fixed_count and arrivals exclude each other: arrivals have as many "
      .. "users as they need; max_users bounds them", what)
  end
  opts.pg = opts.pg and pg.conninfo(opts.pg, what, level + 1)
  opts.tls = opts.tls and options.check(opts.tls, TLS_OPTIONS, what .. ": tls", level + 1)
  opts.arrivals = opts.arrivals and read_arrivals(opts.arrivals, what, level + 1)
  return opts
end

-- The headers of a class: its own over those of the class that it extends.
local function join_headers(inherited, own, what, level)
  local headers = {}
  for _, from in ipairs { inherited, own } do
    for name, value in pairs(from) do
      if type(name) ~= "string" or (type(value) ~= "string" and type(value) ~= "number") then
        fail(level + 1, "%s: headers must map names to strings", what)
      end
      headers[name] = tostring(value)
    end
  end
  return headers
end

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
function class.declare(name, opts)
  if type(name) ~= "string" or name == "" then
    fail(2, "user_class takes a name first, not %s", shown(name))
  end
  local what = string.format("user class '%s'", name)
  if scenario.classes[name] then
    fail(2, "%s is declared twice", what)
  end
  opts = read_options(opts, what, 2)
  local base = declared[opts.extends or false] or NOTHING
  local about = {
    name = name,
    weight = opts.weight or base.weight,
    fixed_count = opts.fixed_count or 0,
    wait = opts.wait or not opts.arrivals and base.wait or nil,
    arrivals = opts.arrivals or not (opts.wait or opts.fixed_count) and base.arrivals or nil,
    max_users = opts.max_users or base.max_users,
    host = opts.host or base.host,
    tls = opts.tls or base.tls,
    redis = opts.redis or base.redis,
    tcp = opts.tcp or base.tcp,
    pg = opts.pg or base.pg,
    timeout = opts.timeout or base.timeout,
    headers = join_headers(base.headers, opts.headers or {}, what, 2),
    tags = opts.tags or base.tags,
    abstract = opts.abstract or false,
    target = opts.target or not opts.host and connects_to(opts) or base.target,
    optional = opts.optional or false,
    probe = opts.probe or base.probe,
    tasks = { unpack(base.tasks) },
    on_start = base.on_start,
    on_stop = base.on_stop,
  }
  scenario.classes[#scenario.classes + 1] = about
  scenario.classes[name] = about
  local made = setmetatable({}, UserClass)
  declared[made] = about
  return made
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

return class
