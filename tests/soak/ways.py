"""The ways from a client to the app, by the raw clients that all tests share."""

from __future__ import annotations

import time
from typing import Dict, Optional

from client import fastcgi, http, scgi
from client.connection import Connection
from client.exchange import Exchange
from client.params import nginx_scgi

from .trunk import PATIENCE, Trunks

#: Direct ways and how often each is taken; kept connections belong to one thread each.
DIRECT = {"scgi": 20, "scgi_tcp": 8, "fastcgi": 12, "fastcgi_tcp": 7, "fastcgi_kept": 18, "fastcgi_shared": 10, "http": 10}
NGINX = {"nginx_scgi": 5, "nginx_fastcgi": 5, "nginx_kept": 5, "nginx_unbuffered": 2}


class Slowly:
    """Reads little and waits long."""

    def read(self, size=65536):
        time.sleep(0.01)
        return super().read(min(size, 8192))


class SlowConnection(Slowly, Connection):
    pass


class SlowFastCgi(Slowly, fastcgi.FastCgi):
    pass


def connected(kind: type, where: str) -> Connection:
    """A connection; if the queue of a unix socket is full, the kernel says so and one tries again."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return kind(where, PATIENCE)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


class Ways:
    """One thread's ways to the app."""

    def __init__(self, places: Dict[str, str], trunks: Trunks):
        self.places = places
        self.trunks = trunks
        self.kept: Optional[fastcgi.FastCgi] = None
        self.opened = 0.0

    def close(self) -> None:
        if self.kept is not None:
            self.kept.close()
            self.kept = None

    def begin(self, attempt, method: str, path: str, query: str, length: int, slowly: bool = False) -> Exchange:
        """Sends the head of a request by the attempt's way."""
        way = attempt.way
        where = self.places[way]
        if way.startswith("scgi"):
            connection = connected(SlowConnection if slowly else Connection, where)
            attempt.on(connection.socket)
            exchange = Exchange(connection, method)
            exchange.send(scgi.head(nginx_scgi(method, path, query, (), length)))
            return exchange
        if way == "fastcgi_shared" and not slowly:
            lane = self.trunks.lane()
            trunk = lane.trunk
            attempt.token, attempt.used, attempt.opened = trunk.token, trunk.begun > 1, trunk.opened
            lane.send(fastcgi.head(lane.request, fastcgi.stock(method, path, query, (), length), fastcgi.KEEP_CONN))
            return fastcgi.FastCgiExchange(lane, method, lane.request)
        if way.startswith("fastcgi"):
            keep = way.endswith("kept") and not slowly
            if keep and self.kept is not None:
                connection, attempt.used = self.kept, True
                self.kept = None
            else:
                connection = connected(SlowFastCgi if slowly else fastcgi.FastCgi, where)
            attempt.on(connection.socket)
            if not attempt.used:
                self.opened = time.monotonic()
            attempt.opened = self.opened if keep else 0.0
            flags = fastcgi.KEEP_CONN if keep else 0
            connection.send(fastcgi.head(1, fastcgi.stock(method, path, query, (), length), flags))
            return fastcgi.FastCgiExchange(connection, method, 1)
        connection = connected(SlowConnection if slowly else Connection, where)
        attempt.on(connection.socket)
        prefix = "/" + way[len("nginx_"):] if way.startswith("nginx") else ""
        return http.begin_on(connection, method, prefix + path, query, [("Connection", "close")], length)

    def end(self, attempt, exchange: Exchange, whole: bool) -> None:
        """A request is over; a kept connection waits for the next."""
        if exchange._sender is not None:
            exchange._sender.join(PATIENCE)
        if attempt.way == "fastcgi_kept" and whole and type(exchange.connection) is fastcgi.FastCgi:
            self.kept = exchange.connection
        else:
            exchange.close()
