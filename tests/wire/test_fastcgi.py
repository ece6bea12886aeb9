"""FastCGI 1.0 as it travels, against a real service. Numbers are sections of the specification."""

import json
import struct
import time

import pytest

from client import fastcgi
from client.fastcgi import FastCgi, begin_request, head, pairs, record, stock, stream

SMALL = [(b"REQUEST_METHOD", b"GET"), (b"REQUEST_URI", b"/p?q"), (b"QUERY_STRING", b"q"), (b"SCRIPT_NAME", b"/p"),
         (b"SERVER_PROTOCOL", b"HTTP/1.1"), (b"SERVER_SOFTWARE", b"nginx/1.22.1"), (b"HTTP_X_ONE", b"1")]

STDIN_END = record(fastcgi.STDIN, 1)


def _answer(connection, request=1):
    """The answer to a request whose records the test has sent by itself."""
    answer = fastcgi.FastCgiExchange(connection, "GET", request).answer()
    assert answer.status == 200 and answer.whole, answer
    return json.loads(answer.body)


def test_two_requests_on_one_connection(wire):
    """5.1: "If not zero, the application does not close the connection after responding to this request; the Web
    server retains responsibility for the connection." """
    with FastCgi(wire.fastcgi) as connection:
        for number in (1, 2, 1, 65535):
            answer = connection.ask(number, stock("POST", f"/{number}", length=4), b"body")
            assert json.loads(answer.body)["path"] == f"/{number}" and answer.whole
        assert connection.is_quiet(0.2)


def test_a_connection_that_is_not_kept_is_closed(wire):
    """5.1: "If zero, the application closes the connection after responding to this request." """
    with FastCgi(wire.fastcgi) as connection:
        assert connection.ask(1, stock(), keep=False).whole
        assert connection.record() is None


def test_it_works_over_tcp_as_well(wire):
    """2.2: the listening socket is a unix or an internet socket."""
    assert json.loads(fastcgi.ask(wire.fastcgi_tcp, path="/tcp").body)["path"] == "/tcp"


def test_the_streams_of_a_response_are_ended(wire):
    """3.3: a stream is "a series of zero or more non-empty records (length != 0) of the stream type, followed by an
    empty record"; 6.2: END_REQUEST comes after all of it."""
    with FastCgi(wire.fastcgi) as connection:
        connection.send(head(7, stock()) + record(fastcgi.STDIN, 7))
        records = connection.records()
    assert {one.request for one in records} == {7}
    kinds = [(one.kind, bool(one.content)) for one in records]
    assert kinds[-2:] == [(fastcgi.STDOUT, False), (fastcgi.END_REQUEST, True)]
    assert records[-1].content == struct.pack(">IB3x", 0, fastcgi.REQUEST_COMPLETE)


def test_params_may_be_split_at_any_byte(wire):
    """3.3: "the value of a stream is independent of how many records it contains or how its bytes are divided among
    the non-empty records"."""
    block = pairs(SMALL)
    with FastCgi(wire.fastcgi) as connection:
        for cut in range(1, len(block)):
            connection.send(begin_request(1, flags=fastcgi.KEEP_CONN)
                            + record(fastcgi.PARAMS, 1, block[:cut]) + record(fastcgi.PARAMS, 1, block[cut:])
                            + record(fastcgi.PARAMS, 1) + record(fastcgi.STDIN, 1))
            said = _answer(connection)
            assert (said["path"], said["query"], said["headers"]) == ("/p", "q", {"HTTP_X_ONE": "1"}), cut


def test_records_may_arrive_in_two_packets_at_any_byte(wire):
    """3.3: records lie in a stream of bytes; the packets that carry it mean nothing."""
    whole = head(1, SMALL, fastcgi.KEEP_CONN) + stream(fastcgi.STDIN, 1, b"body") + record(fastcgi.STDIN, 1)
    with FastCgi(wire.fastcgi) as connection:
        for cut in range(1, len(whole)):
            connection.send_in_pieces([whole[:cut], whole[cut:]], pause=0.001)
            assert _answer(connection)["body"] == "body", cut


def test_one_byte_in_a_record_and_one_byte_in_a_packet(wire):
    """3.3: the smallest records and the smallest packets."""
    records = begin_request(1) + b"".join(record(fastcgi.PARAMS, 1, bytes([byte])) for byte in pairs(SMALL))
    records += record(fastcgi.PARAMS, 1) + b"".join(record(fastcgi.STDIN, 1, bytes([byte])) for byte in b"body")
    records += record(fastcgi.STDIN, 1)
    with FastCgi(wire.fastcgi) as connection:
        connection.send_in_pieces(records[at:at + 1] for at in range(len(records)))
        assert _answer(connection)["body"] == "body"


def test_padding_is_ignored(wire):
    """3.3: paddingData is "between 0 and 255 bytes of data, which are ignored"."""
    with FastCgi(wire.fastcgi) as connection:
        connection.send(
            record(fastcgi.BEGIN_REQUEST, 1, struct.pack(">HB5x", fastcgi.RESPONDER, 0), padding=255)
            + record(fastcgi.PARAMS, 1, pairs(SMALL), padding=1) + record(fastcgi.PARAMS, 1, padding=255)
            + record(fastcgi.STDIN, 1, b"body", padding=7) + record(fastcgi.STDIN, 1, padding=8))
        assert _answer(connection)["body"] == "body"


def test_a_long_length_is_four_bytes_and_a_short_one_may_be(wire):
    """3.4: "lengths of 127 bytes and less can be encoded in one byte, while longer lengths are always encoded in four
    bytes"."""
    long = b"v" * 70_000
    short = struct.pack(">II", 10 | 1 << 31, 2 | 1 << 31) + b"HTTP_SHORT" + b"ab"
    with FastCgi(wire.fastcgi) as connection:
        connection.send(begin_request(1) + stream(fastcgi.PARAMS, 1, pairs(SMALL + [(b"HTTP_LONG", long)]) + short)
                        + record(fastcgi.PARAMS, 1) + record(fastcgi.STDIN, 1))
        headers = _answer(connection)["headers"]
    assert headers["HTTP_LONG"] == long.decode() and headers["HTTP_SHORT"] == "ab"


def test_get_values_before_the_first_request(wire):
    """4.1: "The application responds by sending a record {FCGI_GET_VALUES_RESULT, 0, ...} with the values
    supplied." """
    with FastCgi(wire.fastcgi) as connection:
        connection.send(record(fastcgi.GET_VALUES, 0, pairs([(b"FCGI_MPXS_CONNS", b"")])))
        reply = connection.record()
        assert (reply.kind, reply.request) == (fastcgi.GET_VALUES_RESULT, 0)
        assert fastcgi.parse_pairs(reply.content) == [(b"FCGI_MPXS_CONNS", b"1")]
        assert connection.ask(1, stock()).whole


def test_get_values_leaves_out_what_it_does_not_know(wire):
    """4.1: "If the application doesn't understand a variable name that was included in the query, it omits that name
    from the response." """
    with FastCgi(wire.fastcgi) as connection:
        connection.send(record(fastcgi.GET_VALUES, 0, pairs([(b"NOBODY_KNOWS", b""), (b"FCGI_MPXS_CONNS", b"")])))
        assert dict(fastcgi.parse_pairs(connection.record().content)) == {b"FCGI_MPXS_CONNS": b"1"}


def test_get_values_in_the_middle_of_a_request(wire):
    """4.1: "An application may receive a FCGI_GET_VALUES record at any time." """
    with FastCgi(wire.fastcgi) as connection:
        query = record(fastcgi.GET_VALUES, 0, pairs([(b"FCGI_MPXS_CONNS", b"")]))
        connection.send(head(1, stock("POST", length=4)) + query)
        assert connection.record().kind == fastcgi.GET_VALUES_RESULT
        connection.send(record(fastcgi.STDIN, 1, b"body") + record(fastcgi.STDIN, 1))
        assert _answer(connection)["body"] == "body"


def test_an_unknown_management_record_is_answered(wire):
    """4.2: "When an application receives a management record whose type T it does not understand, the application
    responds with {FCGI_UNKNOWN_TYPE, 0, {T}}." """
    with FastCgi(wire.fastcgi) as connection:
        connection.send(record(77, 0, b"what is this"))
        reply = connection.record()
        assert (reply.kind, reply.request, reply.content) == (fastcgi.UNKNOWN_TYPE, 0, bytes([77]) + bytes(7))
        assert connection.ask(1, stock()).whole


def test_an_unknown_role_is_refused(wire):
    """5.5: FCGI_UNKNOWN_ROLE "happens when the Web server has specified a role that is unknown to the
    application"."""
    with FastCgi(wire.fastcgi) as connection:
        connection.send(begin_request(3, role=9, flags=fastcgi.KEEP_CONN))
        reply = connection.record()
        assert (reply.kind, reply.request) == (fastcgi.END_REQUEST, 3)
        assert reply.content[4] == fastcgi.UNKNOWN_ROLE
        assert connection.ask(4, stock()).whole


def test_a_second_request_at_the_same_time_is_refused(wire):
    """5.5: FCGI_CANT_MPX_CONN "happens when a Web server sends concurrent requests over one connection to an
    application that is designed to process one request at a time per connection"."""
    with FastCgi(wire.fastcgi) as connection:
        first = head(1, stock("POST", length=4), fastcgi.KEEP_CONN)
        connection.send(first + begin_request(2, flags=fastcgi.KEEP_CONN))
        reply = connection.record()
        assert (reply.kind, reply.request, reply.content[4]) == (fastcgi.END_REQUEST, 2, fastcgi.CANT_MPX_CONN)
        connection.send(record(fastcgi.STDIN, 1, b"body") + record(fastcgi.STDIN, 1))
        assert _answer(connection)["body"] == "body"


def test_records_of_requests_that_are_not_active_are_ignored(wire):
    """3.3: "While a request ID R is inactive, the application ignores records with requestId == R." An ABORT_REQUEST
    may cross the END_REQUEST on its way."""
    with FastCgi(wire.fastcgi) as connection:
        connection.send(record(fastcgi.STDIN, 9, b"nobody's") + record(fastcgi.ABORT_REQUEST, 9))
        connection.send(head(1, stock("POST", length=4), fastcgi.KEEP_CONN) + record(fastcgi.STDIN, 9, b"nobody's")
                        + record(fastcgi.STDIN, 1, b"body") + record(fastcgi.STDIN, 1))
        assert _answer(connection)["body"] == "body"
        connection.send(record(fastcgi.ABORT_REQUEST, 1))
        assert connection.ask(2, stock()).whole


def test_an_abort_in_the_body_ends_the_request_and_keeps_the_connection(wire):
    """5.4: "After receiving {FCGI_ABORT_REQUEST, R}, the application responds as soon as possible with
    {FCGI_END_REQUEST, R, {FCGI_REQUEST_COMPLETE, appStatus}}." """
    with FastCgi(wire.fastcgi) as connection:
        connection.send(head(1, stock("POST", length=100), fastcgi.KEEP_CONN) + record(fastcgi.STDIN, 1, b"a part"))
        time.sleep(0.05)
        connection.send(record(fastcgi.ABORT_REQUEST, 1))
        while True:
            reply = connection.record()
            assert reply is not None and reply.request == 1
            if reply.kind == fastcgi.END_REQUEST:
                break
        assert json.loads(connection.ask(2, stock(path="/after")).body)["path"] == "/after"


def test_an_abort_in_the_params_calls_nobody(wire, watch):
    """5.4: the same before the application knows what it is asked."""
    with FastCgi(wire.fastcgi) as connection:
        connection.send(begin_request(1, flags=fastcgi.KEEP_CONN) + record(fastcgi.PARAMS, 1, pairs(SMALL))
                        + record(fastcgi.ABORT_REQUEST, 1))
        assert connection.record().kind == fastcgi.END_REQUEST
        assert json.loads(connection.ask(2, stock()).body)["calls"] == watch.calls + 1


def test_wsgi_errors_travels_as_stderr(wire):
    """6.1: "All role protocols use the FCGI_STDERR stream just the way stderr is used in conventional applications
    programming." """
    with FastCgi(wire.fastcgi) as connection:
        answer = connection.ask(1, stock(query="errors"))
        assert b"marker-errors" in answer.stderr
        assert connection.ask(2, stock()).stderr == b""


def test_a_body_that_arrives_slowly_arrives_whole(wire):
    """3.3: a stream goes on until its empty record, however long that takes."""
    with fastcgi.begin(wire.fastcgi, "POST", length=10) as exchange:
        for byte in b"0123456789":
            exchange.send(bytes([byte]))
            time.sleep(0.02)
        exchange.end()
        assert json.loads(exchange.answer().body)["body"] == "0123456789"


def test_data_records_are_no_part_of_the_body(wire):
    """5.3 and 6.4: FCGI_DATA belongs to filters; a responder has no use for it."""
    with FastCgi(wire.fastcgi) as connection:
        connection.send(head(1, stock("POST", length=4)) + record(fastcgi.DATA, 1, b"data") + record(fastcgi.DATA, 1)
                        + record(fastcgi.STDIN, 1, b"body") + record(fastcgi.STDIN, 1))
        assert _answer(connection)["body"] == "body"


@pytest.mark.parametrize("data", [
    pytest.param(b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n", id="http"),
    pytest.param(b"70:CONTENT_LENGTH\x000\x00SCGI\x001\x00", id="scgi"),
    pytest.param(record(fastcgi.BEGIN_REQUEST, 1, bytes(8), version=2), id="another version"),
    pytest.param(record(fastcgi.BEGIN_REQUEST, 1, b"\0\1\0"), id="begin request of three bytes"),
    pytest.param(begin_request(1) + stream(fastcgi.PARAMS, 1, b"\x05\x09HELLOworld") + record(fastcgi.PARAMS, 1),
                 id="a pair longer than the stream"),
    pytest.param(begin_request(1) + stream(fastcgi.PARAMS, 1, b"\x80\x00\x00") + record(fastcgi.PARAMS, 1),
                 id="a length cut off"),
    pytest.param(begin_request(1) + stream(fastcgi.PARAMS, 1, b"\xff\xff\xff\xff\xff\xff\xff\xffX") +
                 record(fastcgi.PARAMS, 1), id="a length of two gigabytes"),
    pytest.param(head(1, [(b"REQUEST_URI", b"/")]) + STDIN_END, id="no method"),
    pytest.param(head(1, stock(params={"CONTENT_LENGTH": "ten"})) + STDIN_END, id="a length that is no number"),
    pytest.param(head(1, stock(params={"CONTENT_LENGTH": "+1"})) + STDIN_END, id="a length with a sign"),
    pytest.param(head(1, stock(params={"HTTP_X": "a\0b"})) + STDIN_END, id="a NUL in a value"),
])
def test_what_is_no_request_ends_at_once(wire, watch, data):
    """8 and 3.3: what cannot be understood cannot be skipped either, so the connection ends, with one line in the
    log; nobody else notices."""
    watch.is_refused(wire.fastcgi, data)


@pytest.mark.parametrize("data", [
    pytest.param(b"\x01\x01\x00", id="inside a header"),
    pytest.param(begin_request(1) + record(fastcgi.PARAMS, 1, pairs(SMALL))[:20], id="inside a record"),
    pytest.param(begin_request(1) + record(fastcgi.PARAMS, 1, pairs(SMALL)), id="inside PARAMS"),
])
def test_a_head_that_breaks_off_calls_nobody(wire, watch, data):
    """6.2: "The application must wait to finish reading FCGI_PARAMS before it begins writing." """
    watch.is_refused(wire.fastcgi, data, leave=True)


def test_parameters_beyond_the_limit_are_refused(wire, watch):
    """Not in the specification, which allows two gigabytes: the limit is a setting, and the log names it."""
    big = begin_request(1) + stream(fastcgi.PARAMS, 1, pairs(SMALL + [(b"HTTP_BIG", b"v" * 1_200_000)]))
    assert "max_params_bytes" in watch.is_refused(wire.fastcgi, big + record(fastcgi.PARAMS, 1))


def test_too_many_parameters_are_refused(wire, watch):
    """Not in the specification either: the number of parameters has a limit of its own."""
    many = [(b"HTTP_X_%d" % number, b"") for number in range(1100)]
    assert "max_params" in watch.is_refused(wire.fastcgi, head(1, SMALL + many))
