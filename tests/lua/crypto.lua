-- inrush.crypto, by the vectors of the RFCs that define what it does.
local inrush = require "inrush"
local crypto = require "inrush.crypto"
local expect = require "expect"

local U = inrush.user_class("U", {})

local hex = crypto.hex

U:task("digests: FIPS 180's abc, and nothing", function()
  expect.equal(hex(crypto.sha1("abc")), "a9993e364706816aba3e25717850c26c9cd0d89d")
  expect.equal(hex(crypto.sha256("abc")),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  expect.equal(hex(crypto.sha256("")),
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  expect.equal(hex(crypto.sha384("abc")),
    "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
      .. "8086072ba1e7cc2358baeca134c825a7")
  expect.equal(hex(crypto.sha512("abc")),
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
      .. "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f")
end)

U:task("HMAC: RFC 4231, cases 1, 2 and 6", function()
  local key = ("\11"):rep(20)
  expect.equal(hex(crypto.hmac("sha256", key, "Hi There")),
    "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
  expect.equal(hex(crypto.hmac("sha256", "Jefe", "what do ya want for nothing?")),
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
  expect.equal(hex(crypto.hmac("sha384", "Jefe", "what do ya want for nothing?")),
    "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
      .. "8e2240ca5e69e2c78b3239ecfab21649")
  expect.equal(hex(crypto.hmac("sha512", "Jefe", "what do ya want for nothing?")),
    "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
      .. "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737")
  expect.equal(hex(crypto.hmac("sha256", ("\170"):rep(131),
    "Test Using Larger Than Block-Size Key - Hash Key First")),
    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
  -- RFC 2202, case 1
  expect.equal(hex(crypto.hmac("sha1", key, "Hi There")),
    "b617318655057264e28bc0b6fb378c8ef146be00")
end)

U:task("base64: RFC 4648, section 10", function()
  local vectors = {
    { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" },
    { "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" },
  }
  for _, pair in ipairs(vectors) do
    expect.equal(crypto.base64(pair[1]), pair[2])
    expect.equal(crypto.unbase64(pair[2]), pair[1])
    expect.equal(crypto.unbase64((pair[2]:gsub("=", ""))), pair[1])
    expect.equal(crypto.unbase64url(crypto.base64url(pair[1])), pair[1])
  end
  expect.equal(crypto.base64("\251\255\254"), "+//+")
  expect.equal(crypto.base64url("\251\255\254\0"), "-__-AA")
  expect.equal(crypto.unbase64url("-__-AA"), "\251\255\254\0")
end)

U:task("base64: what is none is nil and why", function()
  for _, text in ipairs { "Zg=", "Z", "Zg===", "Z g=", "Zm9v\n", "Zh==", "=", "-__-" } do
    local bytes, why = crypto.unbase64(text)
    expect.equal(bytes, nil)
    expect.equal(why, "not base64")
  end
  expect.equal(crypto.unbase64url("+//+"), nil)
  expect.equal(crypto.unbase64("Zm\0v"), nil)
end)

U:task("chance", function()
  expect.equal(#crypto.random_bytes(0), 0)
  expect.equal(#crypto.random_bytes(33), 33)
  expect.truthy(crypto.random_bytes(16) ~= crypto.random_bytes(16), "they differ")
  local uuid = crypto.uuid()
  expect.truthy(uuid:find("^%x+%-%x%x%x%x%-4%x%x%x%-[89ab]%x%x%x%-%x+$"), uuid)
  expect.equal(#uuid, 36)
  expect.truthy(uuid ~= crypto.uuid(), "they differ")
end)

U:task("wrong calls", function()
  expect.raises(function() crypto.sha256() end, "crypto.sha256(data) takes a string, not no value")
  expect.raises(function() crypto.sha256(7) end, "takes a string, not number")
  expect.raises(function() crypto.hmac("md5", "k", "d") end, "unknown algorithm 'md5'", "sha256")
  expect.raises(function() crypto.hmac("sha256", nil, "d") end, "takes strings, not nil")
  expect.raises(function() crypto.unbase64url({}) end, "takes a string, not table")
  expect.raises(function() crypto.random_bytes(-1) end, "a whole number from 0")
  expect.raises(function() crypto.random_bytes(1.5) end, "a whole number from 0")
end)
