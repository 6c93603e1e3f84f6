--- The two eras of MCP, and which of them a server is of. Up to 2025-11-25 a session
-- begins with a handshake; from 2026-07-28 on every request stands alone.
-- @module inrush.mcp.eras

local core = require "inrush.core"

local eras = {}

--- The eras.
eras.STATELESS, eras.HANDSHAKE = "stateless", "handshake"

--- The version that the stateless era begins with, and the last with a handshake.
eras.NEWEST, eras.LAST_HANDSHAKE = "2026-07-28", "2025-11-25"

--- What the client's option protocol may be.
eras.PROTOCOLS = {
  "auto", eras.NEWEST, eras.LAST_HANDSHAKE, "2025-06-18", "2025-03-26", "2024-11-05",
}

--- The member that the parameters of a stateless request begin with.
eras.META = string.format(
  '"_meta":{"io.modelcontextprotocol/protocolVersion":"%s",'
    .. '"io.modelcontextprotocol/clientCapabilities":{},'
    .. '"io.modelcontextprotocol/clientInfo":{"name":"inrush","version":"%s"}}',
  eras.NEWEST, core.version)

--- What this worker has found out: key of a server -> its era.
eras.known = {}

-- JSON-RPC codes that only servers of the stateless era have: a header that does
-- not match, a capability that is missing, a version that is not supported.
local UNSUPPORTED_VERSION = -32022
local OF_STATELESS = { [-32020] = true, [-32021] = true, [UNSUPPORTED_VERSION] = true }

--- The era that a protocol other than "auto" belongs to.
function eras.of_protocol(protocol)
  return protocol == eras.NEWEST and eras.STATELESS or eras.HANDSHAKE
end

--- Whether only a server of the stateless era fails so.
function eras.is_stateless_failure(why)
  return OF_STATELESS[why.code] == true
end

-- Statuses that say nothing about the era.
local function is_undecided(status)
  return status == 401 or status == 403 or status == 429 or status >= 500
end

--- The era of a server that answered a stateless request with this result, or this
-- failure; nil if that says nothing about it.
function eras.told_by(result, why)
  if result then
    return result.resultType ~= nil and eras.STATELESS or eras.HANDSHAKE
  end
  -- A server with versions of its own to offer is older.
  local offers = why.code == UNSUPPORTED_VERSION and type(why.data) == "table"
    and type(why.data.supported) == "table"
  if eras.is_stateless_failure(why) and not offers then
    return eras.STATELESS
  elseif why.kind == "transport" or why.status and is_undecided(why.status) then
    return nil
  end
  return eras.HANDSHAKE
end

return eras
