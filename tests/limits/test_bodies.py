"""How long the body of a request may be, announced and counted, over every protocol that has one."""


import pytest

from client import http, scgi
from client.connection import Connection
from client.fastcgi import DATA, STDIN, FastCgi, FastCgiExchange, head, record, stock, stream
from client.shared import Shared

from .support import APP, MODULES, WAYS, calls

#: The limit, in bytes.
MOST = 100 * 1024


@pytest.fixture(scope="module")
def bounded(start_service):
    return start_service(APP, "--max-body-bytes=100k", "--body-memory=16k")


@pytest.mark.parametrize("way", WAYS)
def test_a_body_as_long_as_the_limit_is_read(bounded, way):
    answer = MODULES[way].ask(getattr(bounded, way), "POST", "/read", body=b"b" * MOST)
    assert (answer.status, answer.body) == (200, b"%d" % MOST)


@pytest.mark.parametrize("sent", [0, MOST, MOST + 1])
@pytest.mark.parametrize("way", WAYS)
def test_a_body_that_is_announced_beyond_the_limit_is_413_without_the_app(bounded, way, sent):
    """The answer does not wait for the body, and arrives whole while the body is still being sent."""
    size, before = bounded.log_size(), calls(bounded)
    with MODULES[way].begin(getattr(bounded, way), "POST", "/read", length=MOST + 1) as exchange:
        exchange.send(b"b" * sent)
        answer = exchange.answer()
    assert answer.status == 413 and answer.whole
    assert "request refused with 413" in bounded.wait_for_log("max_body_bytes", size)
    assert bounded.log(size).count("(setting max_body_bytes)") == 1
    assert calls(bounded) == before, "the app was called"


@pytest.mark.parametrize("way", WAYS)
def test_the_413_arrives_although_ten_megabytes_are_on_their_way(bounded, way):
    """No reset takes it away: what comes is read and thrown away until the peer has seen the end."""
    with MODULES[way].begin(getattr(bounded, way), "POST", "/read", length=10_000_000) as exchange:
        exchange.send_all(b"b" * 10_000_000)
        answer = exchange.answer()
        assert answer.status == 413 and answer.whole and not exchange.connection.reset


def test_who_waits_for_100_continue_is_told_413_instead(bounded):
    """RFC 9110, 10.1.1: a final status in place of 100 spares the body."""
    with http.begin(bounded.http, "POST", "/read", length=MOST + 1, headers=[("Expect", "100-continue")]) as exchange:
        assert exchange.connection.read_exactly(12) == b"HTTP/1.1 413"


def test_http_says_that_the_connection_ends(bounded):
    with Connection(bounded.http) as connection:
        answer = http.begin_on(connection, "POST", "/read", length=MOST + 1).answer()
        assert answer.status == 413 and answer.head.get("Connection") == "close"


@pytest.mark.parametrize("way", ["fastcgi", "http"])
def test_a_body_without_a_length_is_counted(bounded, way):
    """The app's read raises, and the client hears that the body was at fault, not the app."""
    module, where = MODULES[way], getattr(bounded, way)
    with module.begin(where, "POST", "/read", length=None) as exchange:
        exchange.send_all(b"b" * MOST)
        assert exchange.answer().body == b"%d" % MOST
    size = bounded.log_size()
    with module.begin(where, "POST", "/read", length=None) as exchange:
        exchange.send_all(b"b" * (MOST + 1))
        answer = exchange.answer()
    assert answer.status == 413 and answer.whole
    said = answer.stderr.decode() if way == "fastcgi" else bounded.wait_for_log("max_body_bytes", size)
    assert said.count("(setting max_body_bytes)") == 1 and "Traceback" not in said


@pytest.mark.parametrize("way", ["fastcgi", "http"])
def test_an_app_may_answer_for_itself(bounded, way):
    """As Flask does, with a 500. Nobody was told of the limit then: the log is."""
    size = bounded.log_size()
    with MODULES[way].begin(getattr(bounded, way), "POST", "/told", length=None) as exchange:
        exchange.send_all(b"b" * 400_000)
        answer = exchange.answer()
    assert answer.status == 200 and b"setting max_body_bytes" in answer.body
    said = answer.stderr.decode() if way == "fastcgi" else bounded.wait_for_log("max_body_bytes", size)
    assert said.count("POST /told: the request's body could not be read: the body has more than") == 1
    assert said.count("(setting max_body_bytes)") == 1


@pytest.mark.parametrize("way", ["fastcgi", "http"])
def test_a_response_that_has_begun_is_broken_off(bounded, way):
    with MODULES[way].begin(getattr(bounded, way), "POST", "/begun", length=None) as exchange:
        exchange.send_all(b"b" * 400_000)
        answer = exchange.answer()
    assert answer.status == 200 and answer.body == b"begun" and not answer.whole


def test_an_app_that_does_not_read_is_not_disturbed(bounded):
    """Nothing of the body is kept, so there is nothing to limit but the time."""
    answer = http.ask(bounded.http, "POST", "/", body=b"b" * 400_000, sized=False)
    assert (answer.status, answer.body) == (200, b"unread")


def filtered(body, data, announced=True):
    params = stock("POST", "/filter", length=None, params={"FCGI_DATA_LENGTH": str(len(data))} if announced else {})
    return (head(1, params, 0, 3) + stream(STDIN, 1, body) + record(STDIN, 1) + stream(DATA, 1, data)
            + record(DATA, 1))


@pytest.mark.parametrize("body, data, announced, status", [
    (50_000, 50_000, True, 200),
    (60_000, 60_000, False, 413),
    (10, MOST + 1, True, 413),
    (10, MOST + 1, False, 413),
    (MOST + 1, 10, False, 413),
])
def test_the_file_of_a_filter_is_a_part_of_the_body(bounded, body, data, announced, status):
    """FastCGI 1.0, 6.4: DATA is the second stream of one request."""
    with FastCgi(bounded.fastcgi) as connection:
        connection.send(filtered(b"b" * body, b"d" * data, announced))
        answer = FastCgiExchange(connection, "GET", 1).answer()
    assert answer.status == status
    if status == 200:
        assert answer.body == b"%d %d" % (data, body)


def test_beside_others_one_body_is_413_and_the_rest_are_served(bounded):
    """A shared FastCGI connection: announced and counted, and the connection goes on."""
    with Shared(bounded.fastcgi) as shared:
        announced = shared.begin(1, stock("POST", "/read", length=MOST + 1))
        counted = shared.begin(2, stock("POST", "/read", length=None))
        shared.send(stream(STDIN, 2, b"b" * (MOST + 1)) + record(STDIN, 2))
        other = shared.whole(3, stock("POST", "/read", length=3), b"abc")
        assert [answer.status for answer in shared.answers([announced, counted, other])] == [413, 413, 200]


def test_zero_is_no_limit(start_service):
    service = start_service(APP, "--max-body-bytes=0")
    assert scgi.ask(service.scgi, "POST", "/read", body=b"b" * 3_000_000).body == b"3000000"
