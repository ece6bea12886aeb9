"""What the head of a request may be, and how long it may take: each limit has an answer and a line that names it."""

import time

import pytest

from client import fastcgi, http, scgi
from client.connection import Connection
from client.exchange import Exchange
from client.shared import Shared

from .support import APP, MODULES, WAYS, calls


#: Heads of which a byte at a time could go on for a long time.
ENDLESS = {
    "fastcgi": fastcgi.begin_request(1) + fastcgi.record(fastcgi.PARAMS, 1, b"\x09\x80\x00\x02\x58HTTP_SLOW" + b"s" * 600),
    "scgi": b"700:CONTENT_LENGTH\x000\x00SCGI\x001\x00HTTP_SLOW\x00" + b"s" * 600,
    "http": b"GET / HTTP/1.1\r\nHost: example.com\r\nSlow: " + b"s" * 600,
}
#: So much of them comes at once that it can be seen which protocol it is.
OPENING = {"fastcgi": 20, "scgi": 5, "http": 10}


@pytest.fixture(scope="module")
def hasty(start_service):
    return start_service(APP, "--head-timeout=1s", "--max-name-bytes=40")


@pytest.mark.parametrize("way", WAYS)
def test_a_name_beyond_the_limit_is_431(hasty, way):
    """The name as the protocol has it: a header's own with HTTP, with `HTTP_` before it elsewhere."""
    ask, where = MODULES[way].ask, getattr(hasty, way)
    fits = 40 if way == "http" else 35
    assert ask(where, headers=[("X" * fits, "v")]).status == 200
    size, before = hasty.log_size(), calls(hasty)
    assert ask(where, headers=[("X" * (fits + 1), "v")]).status == 431
    assert "(setting max_name_bytes)" in hasty.wait_for_log("max_name_bytes", size)
    assert calls(hasty) == before, "the app was called"


def trickle(connection, data, seconds):
    """Sends a byte at a time until the peer answers or the time is over."""
    connection.socket.settimeout(0.05)
    end = time.monotonic() + seconds
    for at in range(len(data)):
        connection.send(data[at:at + 1])
        try:
            if connection.socket.recv(1, 2) is not None:  # MSG_PEEK
                break
        except TimeoutError:
            pass
        except OSError as error:  # before Python 3.10, socket.timeout is another class
            if "timed out" not in str(error):
                raise
        if time.monotonic() > end:
            break
    connection.socket.settimeout(10)


def answer_on(connection, way):
    if way == "fastcgi":
        return fastcgi.FastCgiExchange(connection, "GET", 1).answer()
    if way == "http":
        return http.HttpExchange(connection, "GET", False).answer()
    return Exchange(connection, "GET").answer()


@pytest.mark.parametrize("way", WAYS)
def test_a_head_that_trickles_in_is_408(hasty, way):
    """Each byte is progress, and still nobody is waited for without end. The answer can be passed on."""
    size, before = hasty.log_size(), calls(hasty)
    make = fastcgi.FastCgi if way == "fastcgi" else Connection
    began = time.monotonic()
    with make(getattr(hasty, way)) as connection:
        connection.send(ENDLESS[way][:OPENING[way]])
        trickle(connection, ENDLESS[way][OPENING[way]:], 8)
        took = time.monotonic() - began
        answer = answer_on(connection, way)
        assert connection.read_to_end() == b"", "the connection was to be closed"
    assert answer.status == 408 and answer.whole
    assert 0.7 < took < 6
    log = hasty.wait_for_log("head_timeout", size)
    assert "request refused with 408" in log and log.count("(setting head_timeout)") == 1, log
    assert calls(hasty) == before, "the app was called"


def test_http_says_with_the_408_that_the_connection_ends(hasty):
    """RFC 9112, 9.6. It was closed without a word."""
    with Connection(hasty.http) as connection:
        connection.send(b"GET / HT")
        answer = http.HttpExchange(connection, "GET", False).answer()
        assert answer.status == 408 and answer.head.get("Connection") == "close"
        assert connection.read_to_end() == b""


def test_fifty_that_trickle_are_all_answered_while_others_are_served(hasty):
    """Slowloris: who holds its connections by a byte a second now and then loses them with 408."""
    slow = [(way, Connection(getattr(hasty, way))) for way in WAYS * 17]
    for way, connection in slow:
        connection.send(ENDLESS[way][:OPENING[way]])
    for step in range(4):
        for way, connection in slow:
            connection.send(ENDLESS[way][OPENING[way] + step:][:1])
        assert scgi.ask(hasty.scgi).status == 200
        time.sleep(0.5)
    for _, connection in slow:
        assert b" 408 " in connection.read_to_end()
        connection.close()


@pytest.mark.parametrize("way", ["fastcgi", "http"])
def test_the_next_head_of_a_kept_connection_has_a_time_of_its_own(hasty, way):
    """It runs from its first byte, not from the connection or the last answer."""
    if way == "http":
        with Connection(hasty.http) as connection:
            assert http.begin_on(connection).answer().status == 200
            time.sleep(1.3)
            assert http.begin_on(connection).answer().status == 200
            trickle(connection, ENDLESS[way], 8)
            assert http.HttpExchange(connection, "GET", False).answer().status == 408
    else:
        with fastcgi.FastCgi(hasty.fastcgi) as connection:
            assert connection.ask(1, fastcgi.stock()).status == 200
            time.sleep(1.3)
            assert connection.ask(1, fastcgi.stock()).status == 200
            trickle(connection, ENDLESS[way], 8)
            assert fastcgi.FastCgiExchange(connection, "GET", 1).answer().status == 408


def test_a_head_that_trickles_in_beside_others_is_408_by_itself(hasty):
    """On a shared FastCGI connection the others go on."""
    with Shared(hasty.fastcgi) as shared:
        slow = shared.responses.setdefault(1, type(shared.begin(9, fastcgi.stock()))())
        shared.send(fastcgi.record(fastcgi.STDIN, 9))
        shared.send(fastcgi.begin_request(1, flags=fastcgi.KEEP_CONN))
        end = time.monotonic() + 8
        number = 2
        while not slow.ended and time.monotonic() < end:
            shared.send(fastcgi.record(fastcgi.PARAMS, 1, b"\x01"))
            time.sleep(0.2)
            assert shared.answers([shared.whole(number, fastcgi.stock())])[0].status == 200
            number += 1
        assert slow.answer().status == 408
        assert shared.answers([shared.whole(number, fastcgi.stock())])[0].status == 200


def test_nothing_at_all_is_no_request_and_gets_no_answer(hasty):
    size = hasty.log_size()
    for way in WAYS:
        with Connection(getattr(hasty, way)) as connection:
            assert connection.read_to_end() == b""
    log = hasty.wait_for_log("head_timeout", size)
    assert "closed: no whole request within 1 s (setting head_timeout)" in log and "408" not in log


def test_a_record_that_begins_no_request_gets_no_answer(hasty):
    """There is no request yet that could be answered: the connection is closed."""
    with Connection(hasty.fastcgi) as connection:
        connection.send(fastcgi.begin_request(1)[:12])
        assert connection.read_to_end() == b""
