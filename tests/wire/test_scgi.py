"""SCGI as it travels, against a real service. Quotations are from the text of 2006."""

import json
import time

import pytest

from client import scgi
from client.connection import Connection
from client.exchange import Exchange
from client.params import nginx_scgi

SMALL = [(b"CONTENT_LENGTH", b"4"), (b"REQUEST_METHOD", b"POST"), (b"REQUEST_URI", b"/p?q"), (b"QUERY_STRING", b"q"),
         (b"DOCUMENT_URI", b"/p"), (b"SCGI", b"1"), (b"SERVER_PROTOCOL", b"HTTP/1.1"), (b"HTTP_X_ONE", b"1")]


def _answer(connection):
    answer = Exchange(connection, "POST").answer()
    assert answer.status == 200 and answer.whole, answer
    return json.loads(answer.body)


def test_the_connection_is_closed_after_the_response(wire):
    """"When the SCGI server sees the end of the request it sends back a response and closes the connection." """
    with Connection(wire.scgi) as connection:
        connection.send(scgi.head(SMALL) + b"body")
        assert connection.read_to_end().startswith(b"Status: 200 OK\r\n")


def test_it_works_over_tcp_as_well(wire):
    """"The client connects to a SCGI server over a reliable stream protocol allowing transmission of 8-bit
    bytes." """
    assert json.loads(scgi.ask(wire.scgi_tcp, path="/tcp").body)["path"] == "/tcp"


def test_a_request_may_arrive_in_two_packets_at_any_byte(wire):
    """"A request consists of a number of headers and a body", on a stream; also the comma may come later."""
    whole = scgi.head(SMALL) + b"body"
    for cut in range(1, len(whole)):
        with Connection(wire.scgi) as connection:
            connection.send_in_pieces([whole[:cut], whole[cut:]], pause=0.002)
            said = _answer(connection)
            assert (said["path"], said["query"], said["body"]) == ("/p", "q", "body"), cut


def test_the_comma_may_come_much_later_than_the_head(wire):
    """"The headers are sent encoded as a netstring": the comma ends it and is no part of the body."""
    whole = scgi.head(SMALL)
    with Connection(wire.scgi) as connection:
        connection.send_in_pieces([whole[:-1], b",", b"body"], pause=0.15)
        assert _answer(connection)["body"] == "body"


def test_one_byte_in_a_packet(wire):
    """A stream protocol: the smallest packets."""
    whole = scgi.head(SMALL) + b"body"
    with Connection(wire.scgi) as connection:
        connection.send_in_pieces(whole[at:at + 1] for at in range(len(whole)))
        assert _answer(connection)["body"] == "body"


def test_content_length_may_stand_anywhere(wire):
    """"The first header must have the name CONTENT_LENGTH": a rule for the client. janua takes it wherever it is."""
    with Connection(wire.scgi) as connection:
        connection.send(scgi.head(SMALL[1:] + SMALL[:1]) + b"body")
        assert _answer(connection)["body"] == "body"


def test_bytes_after_the_body_are_not_read(wire):
    """"The body is sent following the headers and its length is specified by the CONTENT_LENGTH header"; what follows
    belongs to nobody and must not cost the answer."""
    for where in (wire.scgi, wire.scgi_tcp):
        with Connection(where) as connection:
            connection.send(scgi.head(SMALL) + b"body" + b"x" * 5000)
            assert _answer(connection)["body"] == "body"


def test_a_body_that_arrives_slowly_arrives_whole(wire):
    """A stream protocol: the body takes as long as it takes."""
    with scgi.begin(wire.scgi, "POST", length=10) as exchange:
        for byte in b"0123456789":
            exchange.send(bytes([byte]))
            time.sleep(0.02)
        assert json.loads(exchange.answer().body)["body"] == "0123456789"


def _with(**changes):
    pairs = [(name, value) for name, value in SMALL if name.decode() not in changes]
    return scgi.head(pairs + [(name.encode(), value) for name, value in changes.items() if value is not None])


@pytest.mark.parametrize("data", [
    pytest.param(b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n", id="http"),
    pytest.param(b"\x01\x01\x00\x01\x00\x08\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00", id="fastcgi"),
    pytest.param(b":CONTENT_LENGTH\x000\x00,", id="no length"),
    pytest.param(b"-5:abcde,", id="a negative length"),
    pytest.param(b"5 :abcde,", id="a blank in the length"),
    pytest.param(b"99999999999999999999999:a", id="a length without end"),
    pytest.param(b"0:,", id="no headers"),
    pytest.param(scgi.head(SMALL)[:-1] + b";body", id="no comma"),
    pytest.param(scgi.netstring(b"CONTENT_LENGTH\x000\x00REQUEST_METHOD\x00GET"), id="no NUL at the end"),
    pytest.param(scgi.netstring(b"CONTENT_LENGTH\x000\x00REQUEST_METHOD\x00"), id="a name without a value"),
    pytest.param(_with(CONTENT_LENGTH=None), id="no CONTENT_LENGTH"),
    pytest.param(_with(CONTENT_LENGTH=b""), id="an empty CONTENT_LENGTH"),
    pytest.param(_with(CONTENT_LENGTH=b"four"), id="a CONTENT_LENGTH that is no number"),
    pytest.param(_with(CONTENT_LENGTH=b"-4"), id="a negative CONTENT_LENGTH"),
    pytest.param(scgi.head(SMALL + [(b"CONTENT_LENGTH", b"9")]) + b"body", id="two lengths"),
    pytest.param(_with(REQUEST_METHOD=None), id="no method"),
])
def test_what_is_no_request_ends_at_once(wire, watch, data):
    """"headers ::= header*", "header ::= name NUL value NUL", in a netstring, CONTENT_LENGTH "must always be
    present": everything else is refused, with one line in the log; nobody else notices."""
    watch.is_refused(wire.scgi, data)


@pytest.mark.parametrize("data", [b"12", b"70:CONTENT_LENGTH\x004\x00REQ", scgi.head(SMALL)[:-1]])
def test_a_head_that_breaks_off_calls_nobody(wire, watch, data):
    """"The headers are sent encoded as a netstring": half of one is none."""
    watch.is_refused(wire.scgi, data, leave=True)


def test_headers_beyond_the_limit_are_refused_by_their_length(wire, watch):
    """Not in the text: the length alone is enough to know, before anything else has arrived."""
    assert "max_params_bytes" in watch.is_refused(wire.scgi, b"2000000:CONTENT_LENGTH")


def test_too_many_headers_are_refused(wire, watch):
    """Not in the text: the number of headers has a limit of its own."""
    many = nginx_scgi("GET", "/", "", [(f"X-{number}", "") for number in range(1100)], 0)
    assert "max_params" in watch.is_refused(wire.scgi, scgi.head(many))
