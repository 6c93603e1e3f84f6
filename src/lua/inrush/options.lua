--- Checks tables of options: a misspelt or ill-typed one is an error at the
-- script's line that names the nearest right one.
-- @module inrush.options

local core = require "inrush.core"

local options = {}

--- error() with a format; level as error counts it, from the function that calls this.
function options.fail(level, format, ...)
  error(string.format(format, ...), level + 1)
end

local fail = options.fail

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

--- Raises unless `word` is one of `list`. what: the kind of word; where: "user class
-- 'X'", or nil; level: as check's.
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

--- Checks `given` against `known` (name -> checker): a table of the values to keep,
-- empty for nil. A checker is given a value and returns the one to keep, or nil and
-- what it wants. what: for messages; level: whose line they have, as error counts
-- it from the caller.
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

-- Makes a checker that keeps what is of a type.
local function of_type(kind, wants)
  return function()
    return function(value)
      if type(value) == kind then
        return value
      end
      return nil, wants
    end
  end
end

--- Checkers: each function makes one, for the table of what is known.
-- @section checkers

options.string = of_type("string", "a string")
options.boolean = of_type("boolean", "true or false")
options.table = of_type("table", "a table")

--- limits.min: the least.
function options.number(limits)
  return function(value)
    if type(value) == "number" and value >= limits.min and value < math.huge then
      return value
    end
    return nil, "a number, at least " .. limits.min
  end
end

--- A whole number below 2^31; limits.min: the least.
function options.integer(limits)
  return function(value)
    if type(value) == "number" and value % 1 == 0 and value >= limits.min and value < 2 ^ 31 then
      return value
    end
    return nil, "a whole number, at least " .. limits.min
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

local function is_list_of_strings(value)
  if type(value) ~= "table" then
    return false
  end
  for key, item in pairs(value) do
    if type(key) ~= "number" or type(item) ~= "string" then
      return false
    end
  end
  return true
end

function options.list_of_strings()
  return options.any(is_list_of_strings, "a list of strings")
end

--- What accepts(value) is true of; wants: how a message calls that.
function options.any(accepts, wants)
  return function(value)
    if accepts(value) then
      return value
    end
    return nil, wants
  end
end

return options
