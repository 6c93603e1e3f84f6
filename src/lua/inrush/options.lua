--- Checks tables of options: a misspelt or ill-typed one is an error at the
-- script's line that names the nearest right one.
-- @module inrush.options

local core = require "inrush.core"

local options = {}

local function fail(level, format, ...)
  error(string.format(format, ...), level + 1)
end

--- A value as a message shows it: what it is rather than where it is.
function options.shown(value)
  local kind = type(value)
  if kind == "string" then
    return "'" .. value .. "'"
  elseif kind == "number" or kind == "boolean" or kind == "nil" then
    return tostring(value)
  end
  return "a " .. kind
end

local function names_of(known)
  local names = {}
  for name in pairs(known) do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

--- Raises unless `word` is one of `list`. `where` ("user class 'X'") may be nil.
function options.one_of(word, list, what, level, where)
  for _, known in ipairs(list) do
    if known == word then
      return
    end
  end
  where = where and where .. ": " or ""
  local near = type(word) == "string" and core.suggest(word, list)
  if near then
    fail(level + 1, "%sunknown %s '%s'; did you mean '%s'?", where, what, word, near)
  end
  fail(level + 1, "%sunknown %s '%s'; there are %s", where, what, tostring(word),
    table.concat(list, ", "))
end

--- Checks `given` against `known` (name -> checker) and returns it, or an empty
-- table for nil. A checker returns the value to keep, or nil and what it wants.
function options.check(given, known, what, level)
  if given == nil then
    return {}
  end
  if type(given) ~= "table" then
    fail(level + 1, "%s: options must be a table, not %s", what, type(given))
  end
  local checked = {}
  for name, value in pairs(given) do
    local checker = known[name]
    if not checker then
      if type(name) ~= "string" then
        fail(level + 1, "%s: options must have names; found a value at [%s]", what,
          tostring(name))
      end
      options.one_of(name, names_of(known), "option", level + 1, what)
    end
    local kept, wants = checker(value)
    if kept == nil then
      fail(level + 1, "%s: %s must be %s, not %s", what, name, wants, options.shown(value))
    end
    checked[name] = kept
  end
  return checked
end

function options.number(limits)
  return function(value)
    if type(value) == "number" and value >= limits.min and value < math.huge then
      return value
    end
    return nil, "a number, at least " .. limits.min
  end
end

function options.integer(limits)
  return function(value)
    if type(value) == "number" and value % 1 == 0 and value >= limits.min and value < 2 ^ 31 then
      return value
    end
    return nil, "a whole number, at least " .. limits.min
  end
end

function options.string()
  return function(value)
    if type(value) == "string" then
      return value
    end
    return nil, "a string"
  end
end

function options.boolean()
  return function(value)
    if type(value) == "boolean" then
      return value
    end
    return nil, "true or false"
  end
end

function options.table()
  return function(value)
    if type(value) == "table" then
      return value
    end
    return nil, "a table"
  end
end

--- Seconds, or a text such as "1m30s"; kept as seconds.
function options.duration()
  return function(value)
    if type(value) == "string" then
      value = core.parse_duration(value)
    end
    if type(value) == "number" and value >= 0 and value < math.huge then
      return value
    end
    return nil, "seconds or a duration such as '90s' or '1m30s'"
  end
end

function options.list_of_strings()
  return function(value)
    local wants = "a list of strings"
    if type(value) ~= "table" then
      return nil, wants
    end
    for key, item in pairs(value) do
      if type(key) ~= "number" or type(item) ~= "string" then
        return nil, wants
      end
    end
    return value
  end
end

function options.any(accepts, wants)
  return function(value)
    if accepts(value) then
      return value
    end
    return nil, wants
  end
end

return options
