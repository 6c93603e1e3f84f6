"""A small MCP client for the tests of the embedded target: one POST at a time, nothing hidden."""

import base64
import collections
import hashlib
import hmac
import json
import time

Answer = collections.namedtuple("Answer", "status headers body")

HANDSHAKE = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]
STATELESS = "2026-07-28"
META = "io.modelcontextprotocol/"
BOTH = "application/json, text/event-stream"
SERVER_ID = "9779b6698cbd4b4995ee04a4fab38737"
SECRET = "my-test-key"


def message(method, params=None, id_=1):
    """A request, or with id_=None a notification."""
    whole = {"jsonrpc": "2.0", "method": method}
    if id_ is not None:
        whole["id"] = id_
    if params is not None:
        whole["params"] = params
    return whole


def ask(connection, method, path, body=None, headers=None):
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    return Answer(answer.status, answer.headers, answer.read().decode())


def post(connection, body, path="/mcp", **headers):
    """POSTs a message; header names have _ for -, and None leaves a header out."""
    given = {"Content-Type": "application/json", "Accept": BOTH}
    given.update({name.replace("_", "-"): value for name, value in headers.items()})
    if not isinstance(body, (bytes, str)):
        body = json.dumps(body)
    return ask(connection, "POST", path, body,
               {name: value for name, value in given.items() if value is not None})


def initialize(connection, version="2025-06-18", path="/mcp", **headers):
    return post(connection, message("initialize", {
        "protocolVersion": version, "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"}}), path, **headers)


def stateless(method, params=None, id_=1, version=STATELESS, **meta):
    """A message of the stateless era; meta replaces members of _meta, None removes them."""
    members = {"protocolVersion": version, "clientCapabilities": {},
               "clientInfo": {"name": "test", "version": "1"}, **meta}
    return message(method, {**(params or {}), "_meta": {
        META + key: value for key, value in members.items() if value is not None}}, id_)


def stateless_headers(body):
    params = body["params"]
    headers = {"MCP_Protocol_Version": params["_meta"][META + "protocolVersion"],
               "Mcp_Method": body["method"]}
    if body["method"] in ("tools/call", "prompts/get"):
        headers["Mcp_Name"] = params.get("name")
    elif body["method"] == "resources/read":
        headers["Mcp_Name"] = params.get("uri")
    return headers


def events(body):
    """The events of a stream, each a dict of its fields; it must end with a blank line."""
    assert body.endswith("\n\n"), body
    return [dict(line.split(": ", 1) for line in event.split("\n"))
            for event in body[:-2].split("\n\n")]


def _base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(secret=SECRET, header=None, **claims):
    """A JWT that the gateway takes; claims replace its own, None removes one."""
    whole = {"sub": "admin@example.com", "username": "admin@example.com", "iat": int(time.time()),
             "exp": int(time.time()) + 3600, "aud": "mcpgateway-api", "iss": "mcpgateway",
             **claims}
    parts = [header or {"alg": "HS256", "typ": "JWT"},
             {name: value for name, value in whole.items() if value is not None}]
    signed = ".".join(_base64url(json.dumps(part).encode()) for part in parts)
    mac = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{_base64url(mac)}"
