"""A client for FastCGI 1.0, in the role of the web server."""

from __future__ import annotations

import struct
import time
from typing import List, Mapping, NamedTuple, Optional, Tuple

from .answer import Answer
from .connection import Block, Connection
from .exchange import Exchange
from .params import Headers, Pairs, nginx_fastcgi, with_changes

# Record types (section 8).
BEGIN_REQUEST = 1
ABORT_REQUEST = 2
END_REQUEST = 3
PARAMS = 4
STDIN = 5
STDOUT = 6
STDERR = 7
DATA = 8
GET_VALUES = 9
GET_VALUES_RESULT = 10
UNKNOWN_TYPE = 11

# Roles and flags of BEGIN_REQUEST (5.1).
RESPONDER = 1
AUTHORIZER = 2
KEEP_CONN = 1

# Protocol status of END_REQUEST (5.5).
REQUEST_COMPLETE = 0
CANT_MPX_CONN = 1
OVERLOADED = 2
UNKNOWN_ROLE = 3

#: The most that one record can carry (3.3).
MOST = 0xFFFF


class Record(NamedTuple):
    """A record that arrived. `kind` is one of the types above."""

    kind: int
    request: int
    content: bytes
    when: float = 0.0


def record(kind: int, request: int, content: bytes = b"", padding: int = 0, version: int = 1) -> bytes:
    """One record (3.3)."""
    return struct.pack(">BBHHBx", version, kind, request, len(content), padding) + content + b"\xaa" * padding


def stream(kind: int, request: int, content: bytes) -> bytes:
    """Content as a stream of records, without the empty record that ends it (3.3)."""
    return b"".join(record(kind, request, content[at:at + MOST]) for at in range(0, len(content), MOST))


def begin_request(request: int, role: int = RESPONDER, flags: int = 0) -> bytes:
    """A BEGIN_REQUEST record (5.1)."""
    return record(BEGIN_REQUEST, request, struct.pack(">HB5x", role, flags))


def pairs(params: Pairs) -> bytes:
    """Name-value pairs (3.4)."""

    def size(data: bytes) -> bytes:
        return bytes([len(data)]) if len(data) < 128 else struct.pack(">I", len(data) | 1 << 31)

    return b"".join(size(name) + size(value) + name + value for name, value in params)


def parse_pairs(content: bytes) -> Pairs:
    """Name-value pairs (3.4) back again."""
    found, at = [], 0

    def size(at: int) -> Tuple[int, int]:
        if content[at] < 128:
            return content[at], at + 1
        return struct.unpack_from(">I", content, at)[0] & 0x7FFFFFFF, at + 4

    while at < len(content):
        name, at = size(at)
        value, at = size(at)
        found.append((content[at:at + name], content[at + name:at + name + value]))
        at += name + value
    return found


def head(request: int, params: Pairs, flags: int = 0, role: int = RESPONDER) -> bytes:
    """BEGIN_REQUEST and all of PARAMS."""
    return begin_request(request, role, flags) + stream(PARAMS, request, pairs(params)) + record(PARAMS, request)


class FastCgi(Connection):
    """A connection on which records travel."""

    def record(self) -> Optional[Record]:
        """The next record, or None when the peer has closed."""
        header = self.read_exactly(8)
        if len(header) < 8:
            assert not header, f"closed inside a record header: {header!r}"
            return None
        version, kind, request, length, padding = struct.unpack(">BBHHBx", header)
        assert version == 1, f"not a FastCGI record: {header!r}"
        content = self.read_exactly(length)
        assert len(content) == length, "closed inside a record"
        assert len(self.read_exactly(padding)) == padding, "closed inside padding"
        return Record(kind, request, content, time.monotonic())

    def records(self) -> List[Record]:
        """All records until the peer closes."""
        return list(iter(self.record, None))

    def ask(self, request: int, params: Pairs, body: bytes = b"", keep: bool = True) -> Answer:
        """One whole request on this connection, which may carry more of them."""
        self.send(head(request, params, KEEP_CONN if keep else 0))
        exchange = FastCgiExchange(self, dict(params).get(b"REQUEST_METHOD", b"GET").decode(), request)
        exchange.send_all(body)
        return exchange.answer()


class FastCgiExchange(Exchange):
    """A request under way on a connection."""

    def __init__(self, connection: FastCgi, method: str, request: int):
        super().__init__(connection, method)
        self.request = request
        self.errors = b""
        self.protocol_status: Optional[int] = None

    def send(self, data: bytes) -> bool:
        return self.connection.send(stream(STDIN, self.request, data))

    def end(self) -> None:
        self.connection.send(record(STDIN, self.request))

    def _arrived(self) -> Block:
        while self.protocol_status is None:
            arrived = self.connection.record()
            if arrived is None:
                break
            assert arrived.request == self.request, f"a record of another request: {arrived}"
            if arrived.kind == STDOUT and arrived.content:
                return Block(arrived.content, arrived.when)
            if arrived.kind == STDERR:
                self.errors += arrived.content
            if arrived.kind == END_REQUEST:
                self.app_status, self.protocol_status = struct.unpack(">IB3x", arrived.content)
        return Block(b"", time.monotonic())

    def _stderr(self) -> bytes:
        return self.errors

    def _is_whole(self, length: int) -> bool:
        return self.app_status == 0 and super()._is_whole(length)


def stock(method: str = "GET", path: str = "/", query: str = "", headers: Headers = (), length: Optional[int] = 0,
          params: Optional[Mapping[str, Optional[str]]] = None) -> Pairs:
    """The parameters that nginx would send, with changes."""
    return with_changes(nginx_fastcgi(method, path, query, headers, length), params or {})


def begin(where: str, method: str = "GET", path: str = "/", query: str = "", headers: Headers = (),
          params: Optional[Mapping[str, Optional[str]]] = None, length: Optional[int] = 0) -> FastCgiExchange:
    """Sends the head of a request. Without a `length` the body ends with the empty STDIN record alone."""
    connection = FastCgi(where)
    connection.send(head(1, stock(method, path, query, headers, length, params)))
    return FastCgiExchange(connection, method, 1)


def ask(where: str, method: str = "GET", path: str = "/", query: str = "", headers: Headers = (), body: bytes = b"",
        params: Optional[Mapping[str, Optional[str]]] = None, sized: bool = True) -> Answer:
    """One whole request on a connection of its own. `params` replaces, adds or (None) removes parameters."""
    with begin(where, method, path, query, headers, params, len(body) if sized else None) as exchange:
        exchange.send_all(body)
        return exchange.answer()
