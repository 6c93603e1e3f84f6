--- JSON Web Tokens (RFC 7519), signed with HMAC: HS256, HS384, HS512.
-- @module inrush.jwt

local cjson = require "cjson.safe"
local core = require "inrush.core"
local crypto = require "inrush.crypto"
local options = require "inrush.options"

local jwt = {}

-- alg -> the digest, and how long a secret has to be (RFC 7518, 3.2)
local ALGORITHMS = {
  HS256 = { digest = "sha256", bytes = 32 },
  HS384 = { digest = "sha384", bytes = 48 },
  HS512 = { digest = "sha512", bytes = 64 },
}

local NAMES = { "HS256", "HS384", "HS512" }

local function fail(format, ...)
  core.raise(string.format(format, ...))
end

-- Called by what a script calls.
local function algorithm(alg)
  if alg == nil then
    alg = "HS256"
  end
  options.one_of(alg, NAMES, "algorithm", 3, "jwt")
  return alg, ALGORITHMS[alg]
end

--- An empty secret signs nothing worth sending. A short one is what a default or
-- a test setup has: it works, and is told of once.
local function check_secret(secret, alg, about)
  if type(secret) ~= "string" or secret == "" then
    fail("jwt: the secret is missing: give secret = a string of at least %d bytes for %s",
      about.bytes, alg)
  end
  if #secret < about.bytes then
    core.warn_once(string.format("jwt: the secret has %d bytes; %s asks for at least %d, and "
      .. "many servers refuse a shorter one", #secret, alg, about.bytes))
  end
end

local function encoded(value, what)
  local text, why = cjson.encode(value)
  if not text then
    fail("jwt: the %s cannot be JSON: %s", what, why)
  end
  return crypto.base64url(text)
end

local function sign(claims, secret, alg, more)
  local header = { alg = alg, typ = "JWT" }
  for name, value in pairs(more or {}) do
    header[name] = value
  end
  local signed = encoded(header, "header") .. "." .. encoded(claims, "claims")
  local digest = ALGORITHMS[alg].digest
  return signed .. "." .. crypto.base64url(crypto.hmac(digest, secret, signed))
end

local SIGN_OPTIONS = { alg = options.string(), header = options.table() }

--- A signed token.
-- @tparam table claims
-- @string secret the bytes shared with who verifies it
-- @tparam ?table opts alg ("HS256") and header (further fields, such as kid)
function jwt.sign(claims, secret, opts)
  opts = options.check(opts, SIGN_OPTIONS, "jwt.sign", 2)
  if type(claims) ~= "table" then
    fail("jwt: claims must be a table, not %s", type(claims))
  end
  local alg, about = algorithm(opts.alg)
  check_secret(secret, alg, about)
  return sign(claims, secret, alg, opts.header)
end

-- The claims, the header, the signature and the text that it signs of a token; or nil
-- and why it is none.
local function parse(token)
  if type(token) ~= "string" then
    return nil, "not a string but " .. type(token)
  end
  local head, payload, signature = token:match("^([%w_-]+)%.([%w_-]+)%.([%w_-]*)$")
  if not head then
    return nil, "not three parts of base64url with dots between"
  end
  local header = cjson.decode(crypto.unbase64url(head) or "")
  local claims = cjson.decode(crypto.unbase64url(payload) or "")
  if type(header) ~= "table" or type(claims) ~= "table" then
    return nil, "its header or claims are not JSON objects"
  end
  return claims, header, crypto.unbase64url(signature), head .. "." .. payload
end

--- The claims and the header of a token, whoever signed it; or nil and why not.
function jwt.decode(token)
  local claims, header = parse(token)
  return claims, header
end

-- Equal, in a time that does not tell where they differ.
local function same(a, b)
  if type(a) ~= "string" or #a ~= #b then
    return false
  end
  local differs = 0
  for i = 1, #a do
    differs = bit.bor(differs, bit.bxor(a:byte(i), b:byte(i)))
  end
  return differs == 0
end

local function has_audience(aud, wanted)
  if type(aud) ~= "table" then
    return aud == wanted
  end
  for _, one in ipairs(aud) do
    if one == wanted then
      return true
    end
  end
  return false
end

local VERIFY_OPTIONS = {
  alg = options.string(), aud = options.string(), iss = options.string(),
  leeway = options.duration(), now = options.number { min = 0 },
}

--- The claims of a token that this secret signed and that holds now; or nil and
-- why it does not.
-- @tparam ?table opts alg ("HS256": no other is accepted), aud, iss, leeway
-- (seconds by which clocks may differ), now (seconds since 1970)
function jwt.verify(token, secret, opts)
  opts = options.check(opts, VERIFY_OPTIONS, "jwt.verify", 2)
  local alg, about = algorithm(opts.alg)
  if type(secret) ~= "string" or secret == "" then
    fail("jwt: the secret is missing")
  end
  local claims, header, signature, signed = parse(token)
  if not claims then
    return nil, header
  end
  if header.alg ~= alg then
    return nil, string.format("signed with %s, not %s", tostring(header.alg), alg)
  end
  if not same(signature, crypto.hmac(about.digest, secret, signed)) then
    return nil, "the signature is another's"
  end
  local now, leeway = opts.now or os.time(), opts.leeway or 0
  if claims.exp ~= nil and not (type(claims.exp) == "number" and now < claims.exp + leeway) then
    return nil, "expired"
  end
  if claims.nbf ~= nil and not (type(claims.nbf) == "number" and now >= claims.nbf - leeway) then
    return nil, "not valid yet"
  end
  if opts.iss and claims.iss ~= opts.iss then
    return nil, string.format("issued by %s, not %s", tostring(claims.iss), opts.iss)
  end
  if opts.aud and not has_audience(claims.aud, opts.aud) then
    return nil, string.format("meant for %s, not %s", tostring(claims.aud), opts.aud)
  end
  return claims
end

--- Where tokens come from: signs one, gives it out, and signs the next before it
-- expires. Made at the top of a file there is one for each worker, shared by
-- its users.
-- @type Source
local Source = {}
Source.__index = Source

local SOURCE_OPTIONS = {
  secret = options.string(),
  alg = options.string(),
  header = options.table(),
  ttl = options.duration(),
  refresh_before = options.duration(),
  claims = options.any(function(value)
    return type(value) == "table" or type(value) == "function"
  end, "a table, or a function that returns one"),
}

--- A source of tokens.
-- @tparam table opts secret; claims: a table, or a function called for each new
-- token; alg ("HS256"); header; ttl (3600 s), how long a token holds;
-- refresh_before (a tenth of ttl, at most 60 s), how long before its end the
-- next one is signed. iat, exp and jti are added unless the claims have them.
function jwt.source(opts)
  opts = options.check(opts, SOURCE_OPTIONS, "jwt.source", 2)
  local alg, about = algorithm(opts.alg)
  check_secret(opts.secret, alg, about)
  local ttl = opts.ttl or 3600
  local before = opts.refresh_before or math.min(ttl / 10, 60)
  if ttl < 1 or before >= ttl then
    fail("jwt.source: ttl must be at least 1 s and above refresh_before; they are %g s and %g s",
      ttl, before)
  end
  return setmetatable({
    secret = opts.secret, alg = alg, header = opts.header, claims = opts.claims or {},
    ttl = ttl, refresh_before = before, renew_at = -1,
  }, Source)
end

--- A token that still holds for a while. Costs a comparison unless it is time for
-- a new one.
function Source:token()
  if core.clock() >= self.renew_at then
    self:renew()
  end
  return self.current
end

--- `"Bearer " .. token`, for an Authorization header.
function Source:bearer()
  if core.clock() >= self.renew_at then
    self:renew()
  end
  return self.current_bearer
end

--- Signs a new token now; for a server that refused the last one.
function Source:renew()
  local claims = {}
  local given = self.claims
  if type(given) == "function" then
    given = given()
    if type(given) ~= "table" then
      fail("jwt.source: the function for claims must return a table, not %s", type(given))
    end
  end
  for name, value in pairs(given) do
    claims[name] = value
  end
  local now = os.time()
  claims.iat = claims.iat or now
  claims.exp = claims.exp or math.floor(now + self.ttl)
  if type(claims.exp) ~= "number" then
    fail("jwt.source: the claim exp must be seconds since 1970, not %s", options.shown(claims.exp))
  end
  claims.jti = claims.jti or crypto.uuid()
  self.current = sign(claims, self.secret, self.alg, self.header)
  self.current_bearer = "Bearer " .. self.current
  self.renew_at = core.clock() + (claims.exp - now) - self.refresh_before
  return self.current
end

return jwt
