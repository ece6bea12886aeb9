"""How many connections there may be, for how many requests, and for how long."""

import time
from contextlib import ExitStack

import pytest

from client import http, scgi
from client.connection import Connection
from client.exchange import Exchange
from client.fastcgi import KEEP_CONN, OVERLOADED, STDIN, FastCgi, FastCgiExchange, head, record, stock
from client.shared import Shared

from .support import APP, MODULES, WAYS


def kept(service, stack):
    """A connection that rests between two requests."""
    connection = stack.enter_context(FastCgi(service.fastcgi))
    assert connection.ask(1, stock()).status == 200
    return connection


def full(service, stack, count):
    """Takes all places. Others that have left may hold theirs a moment longer."""
    return [kept(service, stack) for _ in range(count)]


@pytest.fixture
def small(start_service):
    return start_service(APP, "--max-connections=4", "--head-timeout=20s")


@pytest.mark.parametrize("way", WAYS)
def test_a_connection_too_many_is_told_so(small, way):
    """With 503, and FastCGI with OVERLOADED besides ("the application ... may be refusing new requests ... e.g. because it
    is overloaded", 5.5), which nginx passes over. The app is not called, and who has a place is served on."""
    with ExitStack() as stack:
        places = full(small, stack, 4)
        size = small.log_size()
        for _ in range(3):
            if way == "fastcgi":
                with FastCgi(small.fastcgi) as connection:
                    connection.send(head(7, stock(), KEEP_CONN) + record(STDIN, 7))
                    exchange = FastCgiExchange(connection, "GET", 7)
                    assert exchange.answer().status == 503 and exchange.protocol_status == OVERLOADED
                    assert connection.read_to_end() == b""
            else:
                answer = MODULES[way].ask(getattr(small, way))
                assert answer.status == 503 and answer.whole
        assert places[0].ask(1, stock(path="/calls")).body == b"4", "the app was called"
        log = small.log(size)
        assert log.count("(setting max_connections)") == 1, log
    deadline = time.monotonic() + 10
    while MODULES[way].ask(getattr(small, way)).status != 200:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_http_says_that_the_connection_ends(small):
    with ExitStack() as stack:
        full(small, stack, 4)
        with Connection(small.http) as connection:
            answer = http.begin_on(connection).answer()
            assert answer.status == 503 and answer.head.get("Connection") == "close"
            assert connection.read_to_end() == b""


def test_the_log_is_told_again_only_after_there_have_been_fewer(small):
    for times in (1, 2):
        with ExitStack() as stack:
            full(small, stack, 4)
            for _ in range(3):
                assert scgi.ask(small.scgi).status == 503
        assert small.log().count("(setting max_connections)") == times
        deadline = time.monotonic() + 10
        while scgi.ask(small.scgi).status != 200:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_a_large_body_does_not_cost_one_too_many_its_answer(small):
    with ExitStack() as stack:
        full(small, stack, 4)
        with scgi.begin(small.scgi, "POST", "/read", length=5_000_000) as exchange:
            exchange.send_all(b"b" * 5_000_000)
            answer = exchange.answer()
            assert answer.status == 503 and answer.whole and not exchange.connection.reset


def test_of_those_too_many_only_some_are_accepted_and_nobody_is_lost(small):
    """64 that say nothing hold the places of those who are to be refused. The next waits in the kernel's queue, and is
    served once there is room."""
    with ExitStack() as stack:
        places = full(small, stack, 4)
        for _ in range(64):
            stack.enter_context(Connection(small.scgi))
        waiting = stack.enter_context(Connection(small.scgi))
        waiting.send(scgi.head(scgi.nginx_scgi("GET", "/", "", (), 0)))
        assert waiting.is_quiet(1.0), "it was accepted"
        # Who has a place is still served.
        assert places[1].ask(1, stock()).status == 200
        places[0].close()
        assert Exchange(waiting, "GET").answer().status == 200


def test_a_shared_connection_is_one_and_one_too_many_is_refused(small):
    """However many requests are open on it."""
    with ExitStack() as stack:
        shared = stack.enter_context(Shared(small.fastcgi))
        full(small, stack, 3)
        responses = [shared.whole(number, stock()) for number in range(1, 20)]
        assert all(answer.status == 200 for answer in shared.answers(responses))
        with Shared(small.fastcgi) as surplus:
            refused = surplus.whole(1, stock())
            surplus.until(refused)
            assert refused.protocol_status == OVERLOADED
            assert surplus.read_to_end() == b""


@pytest.mark.parametrize("most, said", [(3, b"3"), (4096, b"1025")])
def test_get_values_says_how_many_connections_are_served(start_service, most, said):
    """4.1: FCGI_MAX_CONNS, "the maximum number of concurrent transport connections this application will accept"."""
    service = start_service(APP, f"--max-connections={most}")
    with Shared(service.fastcgi) as shared:
        assert shared.capacity[b"FCGI_MAX_CONNS"] == said


@pytest.fixture(scope="module")
def counting(start_service):
    return start_service(APP, "--max-requests-per-connection=3", "--threads=2")


def test_http_hears_of_the_last_request_in_its_answer(counting):
    """RFC 9112, 9.6: "close"."""
    with Connection(counting.http) as connection:
        answers = [http.begin_on(connection).answer() for _ in range(3)]
        assert [answer.head.get("Connection") for answer in answers] == [None, None, "close"]
        assert all(answer.status == 200 and answer.whole for answer in answers)
        assert connection.read_to_end() == b""


def test_the_last_answer_arrives_whole_although_more_was_asked_ahead(counting):
    """Requests that nobody reads made the system reset the connection, and most of a large answer was lost."""
    with Connection(counting.http) as connection:
        connection.send(b"GET /large HTTP/1.1\r\nHost: example.com\r\n\r\n" * 3_000)
        time.sleep(0.2)
        answers = connection.read_to_end()
        assert answers.count(b"HTTP/1.1 200 OK") == 3 and len(answers) > 48_000_000 and not connection.reset


def test_fastcgi_is_closed_behind_the_last_answer(counting):
    with FastCgi(counting.fastcgi) as connection:
        for _ in range(3):
            answer = connection.ask(1, stock())
            assert answer.status == 200 and answer.whole
        assert connection.read_to_end() == b""


def test_a_shared_connection_ends_once_those_open_have_ended(counting):
    with Shared(counting.fastcgi) as shared:
        first = shared.begin(1, stock("POST", "/read", length=None))
        others = [shared.whole(2, stock()), shared.whole(3, stock())]
        late = shared.whole(4, stock())
        shared.until(late, *others)
        assert late.protocol_status == OVERLOADED
        shared.send(record(STDIN, 1, b"x") + record(STDIN, 1))
        assert shared.answers([first])[0].body == b"1"
        assert shared.read_to_end() == b""


def test_the_end_of_many_connections_is_logged_once(counting):
    for _ in range(3):
        with FastCgi(counting.fastcgi) as connection:
            for _ in range(3):
                assert connection.ask(1, stock()).status == 200
    assert counting.wait_for_log("max_requests").count("(setting max_requests_per_connection)") == 1


@pytest.fixture(scope="module")
def restless(start_service):
    return start_service(APP, "--idle-timeout=2s")


def test_connections_that_rest_are_closed_after_a_while(restless):
    """Kept FastCGI connections, a shared one, and HTTP."""
    size = restless.log_size()
    with ExitStack() as stack:
        resting = full(restless, stack, 20)
        shared = stack.enter_context(Shared(restless.fastcgi))
        assert shared.answers([shared.whole(1, stock())])[0].status == 200
        client = stack.enter_context(Connection(restless.http))
        assert http.begin_on(client).answer().status == 200
        began = time.monotonic()
        assert all(connection.is_quiet(0.02) for connection in [*resting, shared, client])
        for connection in [*resting, shared, client]:
            assert connection.read_to_end() == b""
        assert 0.3 < time.monotonic() - began < 8
    assert restless.log(size) == ""


def test_connections_that_are_used_are_not_closed(restless):
    with ExitStack() as stack:
        connection = kept(restless, stack)
        shared = stack.enter_context(Shared(restless.fastcgi))
        for number in range(1, 9):
            time.sleep(0.5)
            assert connection.ask(1, stock()).status == 200
            assert shared.answers([shared.whole(number, stock())])[0].status == 200


def test_a_request_that_takes_longer_does_not_rest(restless):
    """Its connection is not idle while its body is on the way."""
    with Shared(restless.fastcgi) as shared, FastCgi(restless.fastcgi) as connection:
        connection.send(head(1, stock("POST", "/read", length=3), KEEP_CONN))
        slow = shared.begin(1, stock("POST", "/read", length=3))
        time.sleep(3.5)
        # There is one thread, and either may have it: who waits for the other's answer alone may wait for its body.
        connection.send(record(STDIN, 1, b"abc") + record(STDIN, 1))
        shared.send(record(STDIN, 1, b"abc") + record(STDIN, 1))
        assert FastCgiExchange(connection, "POST", 1).answer().body == b"3"
        assert shared.answers([slow])[0].body == b"3"


@pytest.fixture(scope="module")
def brief(start_service):
    return start_service(APP, "--linger-timeout=1s", "--progress-timeout=2s")


@pytest.mark.parametrize("way", WAYS)
def test_who_sends_on_and_on_behind_its_answer_is_closed(brief, way):
    """A body that nobody reads is read for so long, and the log says when that was not enough."""
    size = brief.log_size()
    with MODULES[way].begin(getattr(brief, way), "POST", "/", length=50_000_000) as exchange:
        began = time.monotonic()
        answer = exchange.head()
        assert answer.status == 200
        while exchange.send(b"b" * 100):
            time.sleep(0.05)
            assert time.monotonic() - began < 8, "it goes on"
        assert time.monotonic() - began > 0.7
    assert "(setting linger_timeout)" in brief.wait_for_log("linger_timeout", size)


def test_a_kept_connection_whose_body_does_not_end_is_closed(brief):
    size = brief.log_size()
    with FastCgi(brief.fastcgi) as connection:
        connection.send(head(1, stock("POST", "/", length=100), KEEP_CONN))
        assert FastCgiExchange(connection, "POST", 1).answer().status == 200
        began = time.monotonic()
        assert connection.read_to_end() == b""
        assert time.monotonic() - began < 8
    assert "a body that nobody reads was not at its end within 1 s (setting linger_timeout)" in brief.wait_for_log(
        "linger_timeout", size)


@pytest.mark.parametrize("path", ["/large", "/blocks"])
@pytest.mark.parametrize("way", WAYS)
def test_who_trickles_a_body_and_takes_nothing_of_the_answer_is_given_up(brief, way, path):
    """Every byte of the body once renewed the time to take the answer."""
    size = brief.log_size()
    with MODULES[way].begin(getattr(brief, way), "POST", path, length=50_000_000) as exchange:
        began = time.monotonic()
        while exchange.send(b"b"):
            time.sleep(0.1)
            assert time.monotonic() - began < 10, "it goes on"
    log = brief.wait_for_log("_timeout)", size)
    assert "the response is broken off: the peer " in log and log.count("_timeout)") == 1, log
