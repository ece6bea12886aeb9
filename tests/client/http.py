"""A client for HTTP/1.1 that shows how the response was framed."""

from __future__ import annotations

import time
from typing import Mapping, Optional

from .answer import Answer, Head, NO_HEAD, parse_http_head
from .connection import Block, Connection
from .exchange import Exchange
from .params import Headers


def head(method: str, target: str, headers: Headers) -> bytes:
    """The head of a request. Values are latin-1, so that every byte can be sent."""
    lines = [f"{method} {target} HTTP/1.1"] + [f"{name}: {value}" for name, value in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def chunk(data: bytes) -> bytes:
    """One chunk (RFC 9112, 7.1); without data the last one."""
    return b"%x\r\n%s\r\n" % (len(data), data)


class HttpExchange(Exchange):
    """A request under way. `framing` says how the body of its response ends: length, chunked, close or none."""

    def __init__(self, connection: Connection, method: str, chunked: bool):
        super().__init__(connection, method)
        self.chunked = chunked
        self.framing = ""
        self.complete = False
        self._left = 0

    def send(self, data: bytes) -> bool:
        return self.connection.send(chunk(data) if self.chunked and data else data)

    def end(self) -> None:
        if self.chunked:
            self.connection.send(chunk(b""))

    def _parse_head(self, head: bytes) -> Head:
        return parse_http_head(head)

    def head(self) -> Head:
        if self._head is not None:
            return self._head
        found = super().head()
        while found.status // 100 == 1:
            self._head = None
            found = super().head()
        coding, length = found.get("Transfer-Encoding"), found.get("Content-Length")
        if self.method == "HEAD" or found.status in (204, 304) or found is NO_HEAD:
            self.framing, self.complete = "none", found is not NO_HEAD
        elif coding is not None:
            assert coding == "chunked" and length is None, f"framing of the response: {found.headers}"
            self.framing = "chunked"
        elif length is not None:
            self.framing, self._left = "length", int(length)
            self.complete = self._left == 0
        else:
            self.framing = "close"
        return found

    def _fill(self) -> bool:
        block = self._arrived()
        self._rest += block.data
        return bool(block.data)

    def block(self) -> Block:
        self.head()
        data = b""
        if self.complete or self.framing == "none":
            pass
        elif self.framing == "chunked":
            data = self._chunk()
        elif self._rest or self._fill():
            data = self._rest if self.framing == "close" else self._rest[:self._left]
            self._rest = self._rest[len(data):]
            self._left -= len(data)
            self.complete = self.framing == "length" and self._left == 0
        elif self.framing == "close":
            self.complete = not self.connection.reset
        return Block(data, time.monotonic())

    def _chunk(self) -> bytes:
        """The next whole chunk; empty when the body has ended, with `complete` telling how."""
        while b"\r\n" not in self._rest:
            if not self._fill():
                return b""
        line, _, self._rest = self._rest.partition(b"\r\n")
        size = int(line, 16)
        while len(self._rest) < size + 2:
            if not self._fill():
                return b""
        data, ending, self._rest = self._rest[:size], self._rest[size:size + 2], self._rest[size + 2:]
        assert ending == b"\r\n", f"a chunk must end with CRLF: {ending!r}"
        self.complete = size == 0
        return data

    def _is_whole(self, length: int) -> bool:
        return self.complete


def begin_on(connection: Connection, method: str = "GET", path: str = "/", query: str = "", headers: Headers = (),
             length: Optional[int] = 0) -> HttpExchange:
    """Sends the head of a request on a connection that may carry more of them."""
    lines = list(headers)
    if not any(name.lower() == "host" for name, _ in lines):
        lines.insert(0, ("Host", "example.com"))
    if length is None:
        lines.append(("Transfer-Encoding", "chunked"))
    elif length or method in ("POST", "PUT", "PATCH"):
        lines.append(("Content-Length", str(length)))
    connection.send(head(method, path + "?" + query if query else path, lines))
    return HttpExchange(connection, method, length is None)


def begin(where: str, method: str = "GET", path: str = "/", query: str = "", headers: Headers = (),
          params: Optional[Mapping[str, Optional[str]]] = None, length: Optional[int] = 0) -> HttpExchange:
    """Sends the head of a request. Without a `length` the body is chunked. HTTP has no `params`."""
    if params:
        raise ValueError("HTTP has no parameters")
    return begin_on(Connection(where), method, path, query, [*headers, ("Connection", "close")], length)


def ask(where: str, method: str = "GET", path: str = "/", query: str = "", headers: Headers = (), body: bytes = b"",
        params: Optional[Mapping[str, Optional[str]]] = None, sized: bool = True) -> Answer:
    """One whole request on a connection of its own."""
    with begin(where, method, path, query, headers, params, len(body) if sized else None) as exchange:
        exchange.send_all(body)
        return exchange.answer()
