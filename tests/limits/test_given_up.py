"""Requests that were given up before the app was asked (FastCGI 1.0, 5.4), while its one thread was busy."""

import time
from contextlib import contextmanager

import pytest

from client import scgi
from client.fastcgi import ABORT_REQUEST, KEEP_CONN, REQUEST_COMPLETE, STDIN, FastCgi, FastCgiExchange, head, record
from client.fastcgi import stock, stream
from client.shared import Shared

from .support import APP, calls


@pytest.fixture(scope="module")
def wire(start_service):
    return start_service(APP)


@contextmanager
def busy(wire):
    """The app waits for a body as long as the block lasts."""
    with scgi.begin(wire.scgi, "POST", "/read", length=1) as exchange:
        time.sleep(0.3)
        yield
        exchange.send(b"x")
        assert exchange.answer().status == 200


@pytest.mark.parametrize("body", [b"", b"some of it", b"b" * 10_000])
@pytest.mark.parametrize("keep", [0, KEEP_CONN])
def test_the_app_is_not_asked(wire, body, keep):
    """What has come of the body is of no interest. END_REQUEST comes, and a kept connection stays good."""
    before = calls(wire)
    with FastCgi(wire.fastcgi) as connection:
        with busy(wire):
            connection.send(head(1, stock("POST", "/read", length=None), keep) + stream(STDIN, 1, body)
                            + record(ABORT_REQUEST, 1))
        given_up = FastCgiExchange(connection, "POST", 1)
        assert given_up._arrived().data == b"" and given_up.protocol_status == REQUEST_COMPLETE
        if keep:
            assert connection.ask(1, stock(path="/calls")).body == b"%d" % (before + 1)
        else:
            assert connection.read_to_end() == b""
    assert calls(wire) == before + 1, "the app was called for it"


def test_an_abort_of_another_request_is_none_of_this_one(wire):
    with FastCgi(wire.fastcgi) as connection:
        with busy(wire):
            connection.send(head(1, stock("POST", "/read", length=None), KEEP_CONN) + record(ABORT_REQUEST, 2)
                            + record(STDIN, 1, record(ABORT_REQUEST, 1)) + record(STDIN, 1))
        assert FastCgiExchange(connection, "POST", 1).answer().body == b"8"


def test_the_app_is_not_asked_beside_others(wire):
    """On a shared connection its end is told at once, and its turn with the app is left out."""
    before = calls(wire)
    with Shared(wire.fastcgi) as shared:
        with busy(wire):
            given_up = shared.begin(1, stock("POST", "/read", length=None))
            whole = shared.whole(2, stock("POST", "/read", length=3), b"abc")
            # Both wait for the thread by then.
            time.sleep(0.3)
            shared.send(record(ABORT_REQUEST, 1))
            shared.until(given_up)
        assert shared.answers([whole])[0].body == b"3"
    assert calls(wire) == before + 2
