--- `user.pg`: a user's PostgreSQL client.
--
-- One connection per user, made with the first query and kept. A query that
-- fails is counted as failed and returns nil and an error; it raises nothing,
-- except inside a transaction.
-- @module inrush.pg

local core = require "inrush.pg.core"
local options = require "inrush.options"

--- A user's client.
--
-- `query(sql, options)` returns `{ command = "SELECT", count = 1 }`, with
-- `rows = true` also `rows` (tables by column name) and `columns`; or nil and an
-- error with `message`, `kind`, `sqlstate`, `detail`, `hint`.
--
-- Options: params (the values of $1, $2, ...), name (the series; default the
-- SQL), prepare (true: once per connection), rows, timeout in seconds, record
-- (false: not counted).
--
-- `pipeline{ sql, { sql, params = ... }, options }` sends all at once and returns
-- a list of results. `connect(options)` connects now; `disconnect()`;
-- `fail(why)` fails the last query.
-- @type Client
local Client = core.Client

--- What a transaction's function is given: query and pipeline as above, but a
-- failure raises its error, which ends the function and rolls back.
-- @type Transaction
local Transaction = {}
Transaction.__index = Transaction

local function checked(tx, result, err)
  if not result then
    tx.failure = err
    error(err, 0)
  end
  return result
end

local function begin_again(tx)
  if tx.failure then
    error(tx.failure, 0)
  end
  return tx.pg
end

function Transaction:query(sql, opts)
  return checked(self, begin_again(self):query(sql, opts))
end

function Transaction:pipeline(statements)
  return checked(self, begin_again(self):pipeline(statements))
end

local ISOLATION = { "read committed", "repeatable read", "serializable" }

local TRANSACTION_OPTIONS = {
  isolation = options.string(),
  record = options.boolean(),
  timeout = options.duration(),
}

local function ended_early(status)
  local message = "the transaction's connection was lost, or the transaction was ended inside"
  if status == "failed" then
    message = "the transaction was rolled back: a query in it had failed"
  end
  return setmetatable({ message = message, kind = "check" }, core.Error)
end

-- Ends a transaction whose function has ended; its results follow ok.
local function finish(tx, opts, ok, ...)
  local pg, status = tx.pg, tx.pg:transaction_status()
  local function control(sql)
    return pg:query(sql, { record = opts.record, timeout = opts.timeout })
  end
  if not ok then
    if status ~= "none" then
      control("ROLLBACK")
    end
    local raised = ...
    if tx.failure and rawequal(raised, tx.failure) then
      return nil, raised
    end
    error(raised, 0)
  end
  if status == "open" then
    local committed, err = control("COMMIT")
    if not committed then
      return nil, err
    end
    if ... == nil then
      return true
    end
    return ...
  elseif status == "failed" then
    control("ROLLBACK")
  end
  return nil, tx.failure or ended_early(status)
end

--- BEGIN, `run(tx)`, COMMIT; or ROLLBACK when run raises or a query of tx fails.
--
-- BEGIN, COMMIT and ROLLBACK are requests of their own, counted under these
-- names unless `record = false`. Returns what run returns (true when that is
-- nothing), or nil and the error of the query that failed; an error of the
-- script's own is raised again.
-- @func run called with a Transaction
-- @tparam ?table opts isolation ("serializable", ...), record, timeout (of BEGIN,
-- COMMIT and ROLLBACK)
function Client:transaction(run, opts)
  if type(run) ~= "function" then
    error("transaction takes a function, not " .. type(run), 2)
  end
  opts = options.check(opts, TRANSACTION_OPTIONS, "transaction", 2)
  local begin = "BEGIN"
  if opts.isolation then
    options.one_of(opts.isolation:lower(), ISOLATION, "isolation", 2, "transaction")
    begin = "BEGIN ISOLATION LEVEL " .. opts.isolation:upper()
  end
  if self:transaction_status() ~= "none" then
    error("a transaction is under way already; use SAVEPOINT inside it", 2)
  end
  local begun, err = self:query(begin, {
    name = "BEGIN", record = opts.record, timeout = opts.timeout,
  })
  if not begun then
    return nil, err
  end
  local tx = setmetatable({ pg = self }, Transaction)
  return finish(tx, opts, pcall(run, tx))
end

local function quoted(value)
  return "'" .. tostring(value):gsub("[\\']", "\\%0") .. "'"
end

--- The class option `pg` as libpq takes it; an error at the script's line when it
-- cannot be. Messages do not repeat it: it has the password.
function core.conninfo(value, what, level)
  if type(value) == "table" then
    local keywords = core.keywords()
    local parts = {}
    for keyword, setting in pairs(value) do
      options.one_of(keyword, keywords, "pg keyword", level + 1, what)
      if type(setting) == "table" or type(setting) == "function" then
        error(string.format("%s: pg.%s must be a string or a number, not a %s", what, keyword,
          type(setting)), level + 1)
      end
      parts[#parts + 1] = keyword .. "=" .. quoted(setting)
    end
    table.sort(parts)
    value = table.concat(parts, " ")
  end
  local shown, wrong = core.shown(value)
  if not shown then
    error(string.format("%s: pg: %s", what, wrong), level + 1)
  end
  return value
end

return core
