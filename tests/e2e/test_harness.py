"""The harness itself: what a script declares is what a client sees."""

import socket
import threading
import unittest

from harness import wire
from harness.case import Case
from harness.nginx import Nginx

REQUEST = b"GET /x HTTP/1.1\r\nHost: h\r\n\r\n"


def connect(server):
    return socket.create_connection((server.host, server.port), 10)


def read_all(sock):
    data = b""
    while part := sock.recv(65536):
        data += part
    return data


class TestWire(Case):
    def test_a_script_answers_and_closes(self):
        server = self.serve(wire.recv_request(), wire.send(wire.response(b"hi")))
        with connect(server) as sock:
            sock.sendall(REQUEST)
            self.assertTrue(read_all(sock).endswith(b"\r\n\r\nhi"))
        self.assertEqual((server.connections, server.request_count), (1, 1))
        self.assertEqual(server.bytes_received, len(REQUEST))
        self.assertEqual(server.requests[0].target, "/x")

    def test_each_connection_has_its_script_and_the_last_repeats(self):
        server = self.serve_each([wire.send(b"1")], [wire.send(b"2")])
        seen = []
        for _ in range(3):
            with connect(server) as sock:
                seen.append(read_all(sock))
        self.assertEqual(seen, [b"1", b"2", b"2"])

    def test_reset_is_a_reset(self):
        server = self.serve(wire.recv_request(), wire.reset())
        with connect(server) as sock:
            sock.sendall(REQUEST)
            with self.assertRaises(ConnectionResetError):
                sock.recv(1)

    def test_bodies_of_requests_are_read(self):
        server = self.serve(wire.recv_request(), wire.recv_request(), wire.send(b"done"))
        with connect(server) as sock:
            sock.sendall(b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"
                         b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n0\r\n\r\n")
            self.assertEqual(read_all(sock), b"done")
        self.assertEqual([r.body for r in server.requests], [b"abc", b"de"])

    def test_a_server_comes_back_on_its_port(self):
        server = self.serve(wire.repeat([wire.recv_request(), wire.send(b"ok")]))
        for with_reset in (False, True):
            with connect(server) as sock:
                sock.sendall(REQUEST)
                self.assertEqual(sock.recv(2), b"ok")
                port = server.port
                server.stop(with_reset=with_reset)
                if with_reset:
                    with self.assertRaises(ConnectionResetError):
                        sock.recv(1)
                else:
                    self.assertEqual(sock.recv(1), b"")
            with self.assertRaises(ConnectionRefusedError):
                connect(server)
            server.start()
            self.assertEqual(server.port, port)

    def test_events_order_steps(self):
        go = threading.Event()
        server = self.serve(wire.wait_for(go), wire.send(b"went"))
        with connect(server) as sock:
            go.set()
            self.assertEqual(read_all(sock), b"went")

    def test_a_broken_step_is_not_hidden(self):
        def broken(conn):
            raise KeyError("a bug in a case")
        with self.assertRaises(KeyError):
            with wire.Server([broken]) as server:
                with connect(server) as sock:
                    read_all(sock)

    def test_a_refused_port_refuses(self):
        with wire.RefusedPort() as port:
            with self.assertRaises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port.port), 10)


class TestNginx(Case):
    def test_it_answers_and_counts(self):
        with Nginx(body="fixed") as nginx:
            with socket.create_connection(("127.0.0.1", nginx.port), 10) as sock:
                for _ in range(3):
                    sock.sendall(REQUEST)
                    self.assertTrue(sock.recv(65536).endswith(b"fixed"))
            self.assertEqual(nginx.requests(), 3)
            self.assertEqual(nginx.requests(), 3)


if __name__ == "__main__":
    unittest.main(verbosity=2)
