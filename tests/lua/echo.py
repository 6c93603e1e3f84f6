"""An HTTP server that answers with what it was asked, for the Lua tests.

    GET /anything       200, JSON: method, target, headers (lower-case names), body,
                        number (of the request on its connection, from 1)
    GET /status/404     that status, the same body
    GET /text/hello     200, text/plain, the body "hello"
    GET /headers        200, with a header given twice and one in odd case
    GET /slow/0.5       200, after so many seconds
    GET /close          closes without an answer
    GET /events/3       200, a stream of so many events
    GET /open/3         the same, and then nothing: the stream stays open
    GET /count          200, JSON: requests, of all connections so far
"""

import json

from harness.wire import EndOfScript, Server, repeat, response


def answer(conn):
    request = conn.recv_request()
    path = request.target.split("?")[0]
    kind, _, word = path[1:].partition("/")
    if kind == "close":
        raise EndOfScript
    if kind in ("events", "open"):
        events = "".join(f"id: {n}\nevent: tick\ndata: {n}\n\n" for n in range(1, int(word) + 1))
        data = f"retry: 250\n\n{events}".encode()
        conn.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
                  b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n" % (len(data), data))
        if kind == "open":
            conn.server.stopping.wait(30)
            raise EndOfScript
        conn.send(b"0\r\n\r\n")
        return
    if kind == "count":
        conn.send(response(json.dumps({"requests": conn.server.request_count}).encode()))
        return
    if kind == "slow":
        conn.sleep(float(word))
    if kind == "text":
        conn.send(response(word.encode(), headers=["Content-Type: text/plain"]))
        return
    status = int(word) if kind == "status" else 200
    if status == 204:
        conn.send(b"HTTP/1.1 204 No Content\r\n\r\n")
        return
    headers = ["Content-Type: application/json"]
    if kind == "headers":
        headers += ["X-Twice: one", "x-oDD: case", "X-Twice: two"]
    body = json.dumps({
        "method": request.method,
        "target": request.target,
        "headers": {name.lower(): value for name, value in request.headers},
        "body": request.body.decode("latin-1"),
        "number": conn.requests,
    }).encode()
    data = response(body, status=status, reason="As asked", headers=headers)
    if request.method == "HEAD":
        data = data[:len(data) - len(body)]
    conn.send(data)


def echo_server():
    return Server([repeat([answer])])
