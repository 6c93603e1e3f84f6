--- What the run is unless the command line says otherwise: inrush.defaults and
-- inrush.profile.
-- @module inrush.settings

local options = require "inrush.options"
local scenario = require "inrush.scenario"

local settings = {}

local fail, shown = options.fail, options.shown

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

local function check(opts, what)
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
function settings.defaults(opts)
  for name, value in pairs(check(opts, "defaults")) do
    scenario.defaults[name] = value
  end
end

--- Other defaults under a name, for `--profile NAME`.
function settings.profile(name, opts)
  if type(name) ~= "string" or name == "" then
    fail(2, "profile takes a name first, not %s", shown(name))
  end
  scenario.profiles[name] = check(opts, string.format("profile '%s'", name))
end

return settings
