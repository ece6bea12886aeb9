"""Many connections at one service with a single thread: those that do nothing must not hold up those that do."""

import time
from contextlib import ExitStack

import pytest

from client import fastcgi, http, scgi
from client.connection import Connection
from client.fastcgi import FastCgi

ASK = {"fastcgi": fastcgi.ask, "scgi": scgi.ask, "http": http.ask}

#: The beginning of a request, as a slow or malicious client would leave it.
HALF = {
    "fastcgi": fastcgi.begin_request(1) + fastcgi.record(fastcgi.PARAMS, 1, fastcgi.pairs(fastcgi.stock()))[:50],
    "scgi": b"500:CONTENT_LENGTH\x000\x00REQUEST_METHOD\x00GE",
    "http": b"GET / HTTP/1.1\r\nHost: exam",
}


def _all_are_served(wire):
    began = time.monotonic()
    for way, ask in ASK.items():
        assert ask(getattr(wire, way), path="/served").status == 200
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("way", sorted(ASK))
def test_idle_connections_hold_nobody_up(wire, way):
    """FastCGI 1.0, 3.5: "The Web server controls the lifetime of transport connections." A connection without a
    request costs no thread, whatever the protocol."""
    with ExitStack() as stack:
        for _ in range(50):
            stack.enter_context(Connection(getattr(wire, way)))
        _all_are_served(wire)


@pytest.mark.parametrize("way", sorted(ASK))
def test_half_a_head_holds_nobody_up(wire, way):
    """A request begins when its head is complete; until then it is nobody's turn."""
    with ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(Connection(getattr(wire, way))).send(HALF[way])
        _all_are_served(wire)


def test_kept_connections_hold_nobody_up(wire):
    """FastCGI 1.0, 5.1: with FCGI_KEEP_CONN connections stay open after a request, as nginx leaves them."""
    with ExitStack() as stack:
        connections = [stack.enter_context(FastCgi(wire.fastcgi)) for _ in range(20)]
        for _ in range(2):
            for connection in connections:
                assert connection.ask(1, fastcgi.stock()).status == 200
        _all_are_served(wire)


@pytest.mark.parametrize("way", sorted(ASK))
def test_a_slow_head_is_served_in_the_end(wire, way):
    """A head may take its time, and others are served between its parts."""
    whole = {
        "fastcgi": fastcgi.head(1, fastcgi.stock()) + fastcgi.record(fastcgi.STDIN, 1),
        "scgi": scgi.head([(b"CONTENT_LENGTH", b"0"), (b"REQUEST_METHOD", b"GET"), (b"REQUEST_URI", b"/"),
                           (b"QUERY_STRING", b""), (b"DOCUMENT_URI", b"/"), (b"SERVER_PROTOCOL", b"HTTP/1.1")]),
        "http": b"GET / HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n",
    }[way]
    step = len(whole) // 5 + 1
    with Connection(getattr(wire, way)) as connection:
        for at in range(0, len(whole), step):
            connection.send(whole[at:at + step])
            _all_are_served(wire)
        assert b"200 OK" in connection.read_to_end()


@pytest.mark.parametrize("way", sorted(ASK))
def test_connections_that_only_come_and_go_hold_nobody_up(wire, way):
    """A port scanner, or a health check that only connects."""
    for _ in range(20):
        Connection(getattr(wire, way)).abort()
    _all_are_served(wire)


@pytest.mark.parametrize("way", sorted(ASK))
def test_clients_that_leave_before_the_answer_hold_nobody_up(wire, way):
    """The answer to somebody who is gone is dropped, and the next request is served."""
    for _ in range(10):
        exchange = {"fastcgi": fastcgi, "scgi": scgi, "http": http}[way].begin(getattr(wire, way))
        exchange.end()
        exchange.abort()
    _all_are_served(wire)
