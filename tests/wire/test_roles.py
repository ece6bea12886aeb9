"""The roles of FastCGI 1.0 (section 6), giving requests up (5.4) and who may connect (3.2), against a real service."""

import json
import threading
from pathlib import Path

import pytest

from client import fastcgi
from client.fastcgi import DATA, STDIN, FastCgi, FastCgiExchange, begin_request, head, record, stock, stream
from client.service import Service

APP = str(Path(__file__).with_name("roles_app.py"))
FILTER = 3


@pytest.fixture(scope="module")
def wire(start_service):
    return start_service(APP)


def answer(connection, request=1):
    return FastCgiExchange(connection, "GET", request).answer()


def filtered(query="", length=8, data=b"the file", body=b"the body"):
    params = stock("POST", "/", query, length=None, params={
        "FCGI_DATA_LENGTH": str(length), "FCGI_DATA_LAST_MOD": "1700000000"})
    return (head(1, params, fastcgi.KEEP_CONN, FILTER) + stream(STDIN, 1, body) + record(STDIN, 1)
            + stream(DATA, 1, data) + record(DATA, 1))


def test_a_responder_sees_nothing_of_roles(wire):
    """6.2: it is what a CGI program is, and nothing stands in its environ that CGI does not know."""
    said = json.loads(fastcgi.ask(wire.fastcgi).body)
    assert said == {"role": None, "keys": []}


def test_nobody_can_make_a_responder_believe_in_a_role(wire):
    """6: the role is said by BEGIN_REQUEST, and not by any parameter."""
    said = json.loads(fastcgi.ask(wire.fastcgi, params={"fastcgi.role": "filter"}).body)
    assert said == {"role": None, "keys": []}


@pytest.mark.parametrize("ticket, status", [("valid", 200), ("none", 403)])
def test_an_authorizer_allows_or_refuses(wire, ticket, status):
    """6.3: "If an Authorizer application allows a request, it outputs an HTTP response message with status code 200";
    its Variable- fields become variables of the request."""
    with FastCgi(wire.fastcgi) as connection:
        params = [pair for pair in stock(headers=[("X-Ticket", ticket)])
                  if pair[0] not in (b"CONTENT_LENGTH", b"PATH_INFO", b"SCRIPT_NAME")]
        for _ in range(2):
            connection.send(head(1, params, fastcgi.KEEP_CONN, fastcgi.AUTHORIZER))
            answered = answer(connection)
            assert (answered.status, answered.whole) == (status, True)
            assert answered.head.get("Variable-AUTH_USER") == "someone"


def test_an_empty_body_for_an_authorizer_is_ignored(wire):
    """lighttpd ends a STDIN that the specification does not give to authorizers."""
    with FastCgi(wire.fastcgi) as connection:
        connection.send(head(1, stock(), fastcgi.KEEP_CONN, fastcgi.AUTHORIZER) + record(STDIN, 1))
        assert answer(connection).status == 403
        assert connection.ask(2, stock()).status == 200


@pytest.mark.parametrize("query", ["", "in-order"])
def test_a_filter_reads_body_and_file_in_any_order(wire, query):
    """6.4: "FCGI_DATA ... is a second data stream", and follows STDIN."""
    with FastCgi(wire.fastcgi) as connection:
        for _ in range(2):
            connection.send(filtered(query))
            said = json.loads(answer(connection).body)
            assert (said["wsgi.input"], said["fastcgi.data"]) == ("the body", "the file")
            assert (said["length"], said["modified"]) == (8, 1700000000)


def test_a_filter_may_leave_both_unread(wire):
    """6.4: what the application does not want to know is thrown away, and the connection goes on."""
    with FastCgi(wire.fastcgi) as connection:
        connection.send(filtered("unread"))
        assert json.loads(answer(connection).body)["role"] == "filter"
        assert connection.ask(2, stock()).status == 200


def test_a_large_file_behind_a_large_body(wire):
    """6.4: both streams are as long as they like to be."""
    size = 3_000_000
    with FastCgi(wire.fastcgi) as connection:
        exchange = FastCgiExchange(connection, "GET", 1)
        data = filtered(length=size, data=b"d" * size, body=b"b" * size)
        # While the answer is read, as web servers do it.
        exchange._sender = threading.Thread(target=connection.send, args=(data,), daemon=True)
        exchange._sender.start()
        said = json.loads(exchange.answer().body)
        assert (said["wsgi.input"], said["fastcgi.data"]) == ("b" * size, "d" * size)


def test_a_file_shorter_than_announced_is_an_error(wire):
    """6.4: the application compares what it was given with FCGI_DATA_LENGTH."""
    with FastCgi(wire.fastcgi) as connection:
        connection.send(filtered(length=9))
        answered = answer(connection)
        assert answered.status == 400 and b"1 bytes short of its FCGI_DATA_LENGTH" in answered.stderr


def test_a_file_before_the_end_of_the_body_is_refused(wire):
    """6.4: the order of the streams."""
    start = wire.log_size()
    with FastCgi(wire.fastcgi) as connection:
        connection.send(begin_request(1, FILTER) + record(fastcgi.PARAMS, 1) + record(DATA, 1, b"x"))
        connection.read_to_end()
    assert wire.wait_for_log("request", start)


def test_an_abort_between_blocks_reaches_the_app(wire, tmp_path):
    """5.4: the next block raises, `close()` runs, END_REQUEST arrives, and the connection goes on."""
    name = tmp_path / "closed"
    with FastCgi(wire.fastcgi) as connection:
        connection.send(head(1, stock(path="/until-told", query=str(name)), fastcgi.KEEP_CONN) + record(STDIN, 1))
        assert connection.record().kind == fastcgi.STDOUT
        connection.send(record(fastcgi.ABORT_REQUEST, 1))
        while (arrived := connection.record()).kind != fastcgi.END_REQUEST:
            assert arrived.kind == fastcgi.STDOUT
        assert name.exists()
        assert connection.ask(2, stock()).status == 200


@pytest.mark.parametrize("addresses, admitted", [("127.0.0.1, 10.0.0.1", True), ("10.0.0.1", False), ("", False)])
def test_only_the_web_servers_that_are_named_may_connect(janua_command, tmp_path, monkeypatch, addresses, admitted):
    """3.2: FCGI_WEB_SERVER_ADDRS; "If the check fails ... the application responds by closing the connection"."""
    monkeypatch.setenv("FCGI_WEB_SERVER_ADDRS", addresses)
    service = Service(janua_command, tmp_path, APP)
    try:
        for where, expected in ((service.fastcgi_tcp, admitted), (service.fastcgi, False)):
            with FastCgi(where) as connection:
                connection.send(head(1, stock()) + record(STDIN, 1))
                assert (connection.record() is not None) == expected, where
        assert "FCGI_WEB_SERVER_ADDRS" in service.log()
    finally:
        service.stop()
