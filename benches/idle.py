"""FastCGI connections that have had one request each and are kept open, straight to a back end's socket."""

from __future__ import annotations

import socket
import struct
from contextlib import contextmanager

BEGIN_REQUEST, END_REQUEST, PARAMS, STDIN = 1, 3, 4, 5  # FastCGI 1.0, section 8
RESPONDER, KEEP_CONN = 1, 1

PARAMETERS = {
    "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": "/hello", "REQUEST_URI": "/hello", "QUERY_STRING": "",
    "SERVER_PROTOCOL": "HTTP/1.1", "SERVER_NAME": "localhost", "SERVER_PORT": "80", "REMOTE_ADDR": "127.0.0.1",
}  # fmt: skip


def record(kind: int, content: bytes) -> bytes:
    return struct.pack(">BBHHBx", 1, kind, 1, len(content), 0) + content


def request() -> bytes:
    # Names and values shorter than 128 bytes, so one byte tells their length.
    pairs = b"".join(bytes([len(name), len(value)]) + (name + value).encode() for name, value in PARAMETERS.items())
    begin = struct.pack(">HB5x", RESPONDER, KEEP_CONN)
    return record(BEGIN_REQUEST, begin) + record(PARAMS, pairs) + record(PARAMS, b"") + record(STDIN, b"")


def exchange(connection: socket.socket):
    """One request, and its answer until END_REQUEST."""
    connection.sendall(request())
    stream = connection.makefile("rb")
    kind = None
    while kind != END_REQUEST:
        header = stream.read(8)
        if len(header) < 8:
            raise ConnectionError("a connection that should be kept was closed")
        _, kind, _, length, padding = struct.unpack(">BBHHBx", header)
        stream.read(length + padding)


@contextmanager
def idle_connections(path, count: int):
    connections = []
    try:
        for _ in range(count):
            connection = socket.socket(socket.AF_UNIX)
            connections.append(connection)
            connection.settimeout(10)
            connection.connect(str(path))
            exchange(connection)
        yield
    finally:
        for connection in connections:
            connection.close()
