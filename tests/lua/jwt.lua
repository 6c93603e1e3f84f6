-- inrush.jwt: tokens as RFC 7515 and RFC 7519 have them.
-- prints: jwt: the secret has 6 bytes; HS256 asks for at least 32
local inrush = require "inrush"
local crypto = require "inrush.crypto"
local jwt = require "inrush.jwt"
local expect = require "expect"

local U = inrush.user_class("U", {})

local SECRET = ("0123456789abcdef"):rep(4)

U:task("verifies RFC 7515's example A.1", function()
  local token = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
    .. ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290"
    .. "Ijp0cnVlfQ"
    .. ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
  local key = crypto.unbase64url(
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
  local claims = jwt.verify(token, key, { now = 1300819379 })
  expect.equal(claims.iss, "joe")
  expect.equal(claims["http://example.com/is_root"], true)
  local none, why = jwt.verify(token, key)
  expect.equal(none, nil)
  expect.equal(why, "expired")
end)

U:task("signs with each algorithm", function()
  for _, alg in ipairs { "HS256", "HS384", "HS512" } do
    local token = jwt.sign({ sub = "me" }, SECRET, { alg = alg })
    expect.truthy(not token:find("[^%w%._-]"), "it is safe in a header")
    expect.equal(jwt.verify(token, SECRET, { alg = alg }).sub, "me")
    expect.equal(select(2, jwt.verify(token, SECRET .. "x", { alg = alg })),
      "the signature is another's")
  end
  local token = jwt.sign({}, SECRET, { alg = "HS512", header = { kid = "k1" } })
  expect.equal(select(2, jwt.verify(token, SECRET)), "signed with HS512, not HS256")
  expect.equal(select(2, jwt.decode(token)).kid, "k1")
  -- a token that claims to need no signature is never good
  local none = crypto.base64url('{"alg":"none"}') .. "." .. crypto.base64url('{"sub":"me"}') .. "."
  expect.equal(select(2, jwt.verify(none, SECRET)), "signed with none, not HS256")
end)

U:task("claims are checked", function()
  local token = jwt.sign({ iss = "a", aud = { "x", "y" }, nbf = 100, exp = 200 }, SECRET)
  local function why(opts)
    return select(2, jwt.verify(token, SECRET, opts))
  end
  expect.equal(why { now = 150, iss = "a", aud = "y" }, nil)
  expect.equal(why { now = 99 }, "not valid yet")
  expect.equal(why { now = 99, leeway = 1 }, nil)
  expect.equal(why { now = 200 }, "expired")
  expect.equal(why { now = 150, iss = "b" }, "issued by a, not b")
  expect.contains(why { now = 150, aud = "z" }, "meant for", "not z")
end)

U:task("what is no token", function()
  for _, text in ipairs { "", "a.b", "a.b.c", "..", "!.!.!", "e30.e30", "bm90.e30." } do
    expect.equal(jwt.verify(text, SECRET), nil)
  end
  expect.equal(select(2, jwt.decode(nil)), "not a string but nil")
end)

U:task("a source signs anew before a token expires", function()
  local made = 0
  local source = jwt.source { secret = SECRET, ttl = 1, refresh_before = 0.8, claims = function()
    made = made + 1
    return { sub = "admin@example.com", n = made }
  end }
  local first = source:token()
  expect.equal(source:token(), first)
  expect.equal(source:bearer(), "Bearer " .. first)
  expect.equal(made, 1)
  local claims = jwt.verify(first, SECRET)
  expect.equal(claims.exp - claims.iat, 1)
  expect.equal(#claims.jti, 36)
  inrush.sleep(0.25)
  local second = source:token()
  expect.truthy(second ~= first, "a new one")
  expect.equal(jwt.decode(second).n, 2)
  expect.equal(select("#", jwt.decode(second)), 2)
  expect.raises(function() jwt.source { secret = SECRET, claims = { exp = "soon" } }:token() end,
    "the claim exp must be seconds since 1970, not 'soon'")
  source:renew()
  expect.equal(jwt.decode(source:token()).n, 3)
end)

U:task("a table of claims is not changed", function()
  local claims = { sub = "me", jti = "mine" }
  local source = jwt.source { secret = SECRET, claims = claims }
  expect.equal(jwt.decode(source:token()).jti, "mine")
  expect.equal(claims.exp, nil)
end)

U:task("wrong calls", function()
  expect.raises(function() jwt.sign({}, nil) end, "the secret is missing", "at least 32 bytes")
  expect.raises(function() jwt.sign({}, "") end, "the secret is missing")
  expect.raises(function() jwt.source {} end, "the secret is missing")
  expect.raises(function() jwt.sign("x", SECRET) end, "claims must be a table, not string")
  expect.raises(function() jwt.sign({}, SECRET, { alg = "RS256" }) end, "unknown algorithm 'RS256'")
  expect.raises(function() jwt.sign({}, SECRET, { algo = "HS256" }) end, "did you mean 'alg'?")
  expect.raises(function() jwt.sign({ f = print }, SECRET) end, "the claims cannot be JSON",
    "function")
  expect.raises(function() jwt.source { secret = SECRET, ttl = 10, refresh_before = 10 } end,
    "above refresh_before")
  expect.raises(function() jwt.source { secret = SECRET, claims = 7 } end, "claims must be a table")
end)

U:task("a short secret works, and is told of", function()
  expect.equal(jwt.verify(jwt.sign({ a = 1 }, "secret"), "secret").a, 1)
end)
