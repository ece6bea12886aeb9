"""A FastCGI connection on which several requests are open at once."""

from __future__ import annotations

import struct
from typing import Dict, Iterable, NamedTuple, Optional

from . import fastcgi
from .answer import Answer, parse_cgi_head
from .connection import Block
from .fastcgi import FastCgi, record


class Response:
    """What has come of one response."""

    def __init__(self) -> None:
        self.stdout = bytearray()
        self.stderr = b""
        self.complete = False
        self.app_status: Optional[int] = None
        self.protocol_status: Optional[int] = None
        self.blocks: list = []

    @property
    def ended(self) -> bool:
        return self.protocol_status is not None

    def take(self, arrived: fastcgi.Record) -> None:
        assert not self.ended, f"a record behind the end of its request: {arrived}"
        if arrived.kind == fastcgi.STDOUT:
            self.complete |= not arrived.content
            self.stdout += arrived.content
            self.blocks.append(Block(arrived.content, arrived.when))
        elif arrived.kind == fastcgi.STDERR:
            self.stderr += arrived.content
        else:
            assert arrived.kind == fastcgi.END_REQUEST, arrived
            self.app_status, self.protocol_status = struct.unpack(">IB3x", arrived.content)

    def answer(self) -> Answer:
        """The whole of it."""
        assert self.ended
        head, found, body = bytes(self.stdout).partition(b"\r\n\r\n")
        assert found, self.stdout
        whole = self.complete and self.app_status == 0
        return Answer(parse_cgi_head(head), body, self.stderr, whole, self.app_status, self.blocks)


class Management(NamedTuple):
    """An answer to a management record."""

    kind: int
    content: bytes


class Shared(FastCgi):
    """The connection, and what has come of each request. An id may be used again once its request has ended."""

    def __init__(self, where: str, timeout: float = 10.0, asks: bool = True):
        super().__init__(where, timeout)
        self.responses: Dict[int, Response] = {}
        self.management: list = []
        self.capacity: Dict[bytes, bytes] = {}
        if asks:
            names = (b"FCGI_MAX_CONNS", b"FCGI_MAX_REQS", b"FCGI_MPXS_CONNS")
            self.send(record(fastcgi.GET_VALUES, 0, fastcgi.pairs([(name, b"") for name in names]), padding=3))
            self.capacity = dict(fastcgi.parse_pairs(self.record().content))

    def begin(self, request: int, params: fastcgi.Pairs, flags: int = fastcgi.KEEP_CONN, role: int = fastcgi.RESPONDER
              ) -> Response:
        """Sends the head of a request."""
        self.responses[request] = Response()
        self.send(fastcgi.head(request, params, flags, role))
        return self.responses[request]

    def whole(self, request: int, params: fastcgi.Pairs, body: bytes = b"") -> Response:
        """Sends a whole request."""
        response = self.begin(request, params)
        self.send(fastcgi.stream(fastcgi.STDIN, request, body) + record(fastcgi.STDIN, request))
        return response

    def more(self) -> bool:
        """Takes the next record. False at the end of the connection."""
        arrived = self.record()
        if arrived is None:
            return False
        if arrived.request:
            self.responses[arrived.request].take(arrived)
        else:
            self.management.append(Management(arrived.kind, arrived.content))
        return True

    def until(self, *responses: Response) -> None:
        """Reads until these have ended."""
        while not all(response.ended for response in responses):
            assert self.more(), "closed before all requests had ended"

    def answers(self, responses: Iterable[Response]) -> list:
        """The whole answers."""
        responses = list(responses)
        self.until(*responses)
        return [response.answer() for response in responses]
