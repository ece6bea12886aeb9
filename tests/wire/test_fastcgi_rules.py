"""More of FastCGI 1.0, rule by rule, against a real service. Numbers are sections of the specification."""

import json
import struct

import pytest

from client import fastcgi
from client.fastcgi import FastCgi, begin_request, head, pairs, record, stock, stream

KEEP = fastcgi.KEEP_CONN
STDIN_END = record(fastcgi.STDIN, 1)


def answer(connection, request=1, method="GET"):
    """The answer to a request whose records the test has sent by itself."""
    given = fastcgi.FastCgiExchange(connection, method, request).answer()
    assert given.status == 200 and given.whole, given
    return json.loads(given.body) if given.body else None


def header(kind, request, length, padding=0, reserved=0):
    return struct.pack(">BBHHBB", 1, kind, request, length, padding, reserved)


@pytest.mark.parametrize("request_id", [1, 255, 256, 0x8000])
def test_every_record_of_a_response_has_the_id_of_its_request(wire, request_id):
    """3.3: requestId is a number of 16 bits, high byte first, and says which request a record belongs to."""
    with FastCgi(wire.fastcgi) as connection:
        connection.send(head(request_id, stock()) + record(fastcgi.STDIN, request_id))
        records = connection.records()
    assert records[-1].kind == fastcgi.END_REQUEST
    assert {one.request for one in records} == {request_id}


def test_the_reserved_byte_of_a_header_means_nothing(wire):
    """3.3: the last byte of a header is reserved."""
    with FastCgi(wire.fastcgi) as connection:
        connection.send(header(fastcgi.BEGIN_REQUEST, 1, 8, reserved=255) + struct.pack(">HB5x", 1, 0))
        content = pairs(stock(path="/reserved"))
        connection.send(header(fastcgi.PARAMS, 1, len(content), reserved=7) + content)
        connection.send(record(fastcgi.PARAMS, 1) + STDIN_END)
        assert answer(connection)["path"] == "/reserved"


def test_the_reserved_bytes_of_begin_request_mean_nothing(wire):
    """5.1: five bytes of BEGIN_REQUEST are reserved."""
    with FastCgi(wire.fastcgi) as connection:
        connection.send(record(fastcgi.BEGIN_REQUEST, 1, struct.pack(">HB", 1, 0) + b"\xff" * 5))
        connection.send(stream(fastcgi.PARAMS, 1, pairs(stock())) + record(fastcgi.PARAMS, 1) + STDIN_END)
        assert answer(connection)["path"] == "/"


@pytest.mark.parametrize("flags, kept", [(0xFE, False), (0xFF, True)])
def test_other_flags_mean_nothing(wire, flags, kept):
    """5.1: FCGI_KEEP_CONN is the lowest bit of the flags, and the only one."""
    with FastCgi(wire.fastcgi) as connection:
        connection.send(head(1, stock(), flags) + STDIN_END)
        assert answer(connection)
        assert connection.is_quiet(0.2) is kept


def test_a_long_answer_is_cut_into_records(wire):
    """3.3: contentLength has 16 bits, so a record carries at most 65535 bytes; the stream is all of them."""
    body = b"x" * 300_000
    with FastCgi(wire.fastcgi) as connection:
        connection.send(head(1, stock("POST", length=len(body))) + stream(fastcgi.STDIN, 1, body) + STDIN_END)
        records = connection.records()
    out = [one.content for one in records if one.kind == fastcgi.STDOUT]
    assert json.loads(b"".join(out).partition(b"\r\n\r\n")[2])["body"] == body.decode()
    assert len(out) > 4 and out[-1] == b""


def test_no_empty_record_stands_inside_a_stream(wire):
    """3.3: the empty record ends its stream, so there is one of it, at the end."""
    with FastCgi(wire.fastcgi) as connection:
        connection.send(head(1, stock()) + STDIN_END)
        out = [one.content for one in connection.records() if one.kind == fastcgi.STDOUT]
    assert [bool(content) for content in out].count(False) == 1 and not out[-1]


@pytest.mark.parametrize("length", [0, 1, 127, 128, 255, 256, 65_535, 65_536])
def test_values_of_each_length(wire, length):
    """3.4: up to 127 a length has one byte, beyond that four, of which the first bit is set."""
    said = json.loads(fastcgi.ask(wire.fastcgi, headers=[("X-Long", "v" * length)]).body)
    assert said["headers"].get("HTTP_X_LONG", "") == "v" * length


@pytest.mark.parametrize("length", [127, 128, 300])
def test_names_of_each_length(wire, length):
    """3.4: the same holds for the length of a name."""
    name = "HTTP_" + "N" * (length - 5)
    said = json.loads(fastcgi.ask(wire.fastcgi, params={name: "named"}).body)
    assert said["headers"][name] == "named"


def test_values_are_bytes(wire):
    """3.4: nothing is said about characters, and no byte ends a value."""
    odd = bytes(byte for byte in range(1, 256) if byte not in b"\r\n")
    with FastCgi(wire.fastcgi) as connection:
        connection.send(head(1, stock() + [(b"HTTP_X_ODD", odd)]) + STDIN_END)
        assert answer(connection)["headers"]["HTTP_X_ODD"] == odd.decode("latin-1")


def test_get_values_of_nothing(wire):
    """4.1: the answer holds the values that were asked for and are known: none."""
    with FastCgi(wire.fastcgi) as connection:
        connection.send(record(fastcgi.GET_VALUES, 0))
        reply = connection.record()
        assert (reply.kind, reply.request, reply.content) == (fastcgi.GET_VALUES_RESULT, 0, b"")


def test_get_values_names_the_limits(wire):
    """4.1: FCGI_MAX_CONNS and FCGI_MAX_REQS are numbers, so that a web server can go by them."""
    with FastCgi(wire.fastcgi) as connection:
        connection.send(record(fastcgi.GET_VALUES, 0, pairs([(b"FCGI_MAX_CONNS", b""), (b"FCGI_MAX_REQS", b"")])))
        found = dict(fastcgi.parse_pairs(connection.record().content))
    assert set(found) <= {b"FCGI_MAX_CONNS", b"FCGI_MAX_REQS"}
    assert all(value.isdigit() and int(value) > 0 for value in found.values())


def test_get_values_between_two_requests(wire):
    """4.1: a management record may come at any time, also between the requests of a kept connection."""
    with FastCgi(wire.fastcgi) as connection:
        for number in (1, 2, 3):
            assert connection.ask(number, stock()).whole
            connection.send(record(fastcgi.GET_VALUES, 0, pairs([(b"FCGI_MPXS_CONNS", b"")]), padding=number))
            assert connection.record().kind == fastcgi.GET_VALUES_RESULT


@pytest.mark.parametrize("kind", [12, 100, 255])
def test_each_unknown_management_record_is_named(wire, kind):
    """4.2: UNKNOWN_TYPE says which type was not understood."""
    with FastCgi(wire.fastcgi) as connection:
        connection.send(record(kind, 0, b"content", padding=3))
        assert connection.record().content == bytes([kind]) + bytes(7)
        assert connection.ask(1, stock()).whole


def test_a_body_without_a_length_ends_with_its_stream(wire):
    """5.3: STDIN is a stream and has an end of its own; CONTENT_LENGTH need not be there."""
    body = b"chunked by the client"
    answered = fastcgi.ask(wire.fastcgi, "POST", body=body, sized=False)
    assert json.loads(answered.body)["body"] == body.decode()


def test_a_body_that_is_longer_than_its_length_is_cut(wire):
    """6.2 and RFC 3875, 4.2: the script reads no more than CONTENT_LENGTH bytes."""
    with FastCgi(wire.fastcgi) as connection:
        connection.send(head(1, stock("POST", length=4), KEEP) + record(fastcgi.STDIN, 1, b"body and more") + STDIN_END)
        assert answer(connection)["body"] == "body"
        assert connection.ask(2, stock()).whole


def test_a_body_that_ends_before_its_length_is_400(wire):
    """6.2: a web server that sends less than CONTENT_LENGTH says has lost its client; the app must not take the part
    for the whole."""
    with FastCgi(wire.fastcgi) as connection:
        connection.send(head(1, stock("POST", length=10)) + record(fastcgi.STDIN, 1, b"part") + STDIN_END)
        assert fastcgi.FastCgiExchange(connection, "POST", 1).answer().status == 400


def test_input_before_the_end_of_the_parameters_is_refused(wire, watch):
    """6.2: PARAMS is read to its end before anything else."""
    data = begin_request(1) + record(fastcgi.PARAMS, 1, pairs(stock())) + record(fastcgi.STDIN, 1, b"early")
    watch.is_refused(wire.fastcgi, data)


def test_the_largest_records_with_the_largest_padding(wire):
    """3.3: 65535 bytes of content and 255 of padding in one record."""
    body = b"".join(bytes([65 + number]) * 65_535 for number in range(4))
    with FastCgi(wire.fastcgi) as connection:
        connection.send(head(1, stock("POST", length=len(body))))
        for at in range(0, len(body), 65_535):
            connection.send(record(fastcgi.STDIN, 1, body[at:at + 65_535], padding=255))
        connection.send(STDIN_END)
        assert answer(connection)["body"] == body.decode()


def test_end_request_says_that_all_is_well(wire):
    """5.5: appStatus, protocolStatus and three reserved bytes."""
    with FastCgi(wire.fastcgi) as connection:
        connection.send(head(1, stock()) + STDIN_END)
        assert connection.records()[-1].content == bytes(8)


def test_a_request_that_logs_nothing_has_no_stderr(wire):
    """6.1: "When an application has no errors to report, it sends either no FCGI_STDERR records or one zero-length
    FCGI_STDERR record." """
    with FastCgi(wire.fastcgi) as connection:
        connection.send(head(1, stock()) + STDIN_END)
        kinds = [one.kind for one in connection.records()]
    assert fastcgi.STDERR not in kinds


def test_stderr_is_ended_if_it_was_used(wire):
    """5.3 and 6.1: a stream that was begun ends with its empty record, before END_REQUEST."""
    with FastCgi(wire.fastcgi) as connection:
        connection.send(head(1, stock(query="errors")) + STDIN_END)
        records = connection.records()
    errors = [one.content for one in records if one.kind == fastcgi.STDERR]
    assert b"marker-errors\n" in b"".join(errors) and errors[-1] == b""
    assert records[-1].kind == fastcgi.END_REQUEST


def test_the_answer_begins_with_its_head(wire):
    """6.2: STDOUT carries what CGI/1.1 has on stdout: header fields, an empty line, the body."""
    with FastCgi(wire.fastcgi) as connection:
        connection.send(head(1, stock()) + STDIN_END)
        first = next(one for one in connection.records() if one.kind == fastcgi.STDOUT)
    assert first.content.startswith(b"Status: 200 OK\r\n") and b"\r\n\r\n" in first.content


def test_head_has_no_body(wire):
    """6.2 and RFC 3875, 4.3.3: a responder sends no message body for HEAD."""
    given = fastcgi.ask(wire.fastcgi, "HEAD")
    assert (given.status, given.body, given.whole) == (200, b"", True)


def test_a_thousand_requests_on_one_connection(wire):
    """3.5 and 5.1: a connection has no end of its own; a request id is free again after END_REQUEST."""
    with FastCgi(wire.fastcgi) as connection:
        ask = head(1, stock(), KEEP) + STDIN_END
        for _ in range(1000):
            connection.send(ask)
            assert answer(connection)["path"] == "/"


def test_a_web_server_that_has_said_all_may_stop_sending(wire):
    """3.5: whoever has sent the whole request may close that direction, and still gets the answer."""
    with FastCgi(wire.fastcgi) as connection:
        connection.send(head(1, stock("POST", length=4)) + record(fastcgi.STDIN, 1, b"body") + STDIN_END)
        connection.stop_sending()
        assert answer(connection)["body"] == "body"


@pytest.mark.parametrize("version", [0, 2, 255])
def test_another_version_is_refused(wire, watch, version):
    """3.3: this is version 1 of the protocol (FCGI_VERSION_1)."""
    watch.is_refused(wire.fastcgi, record(fastcgi.BEGIN_REQUEST, 1, bytes([0, 1, 0, 0, 0, 0, 0, 0]), version=version))


@pytest.mark.parametrize("kind", [fastcgi.STDOUT, fastcgi.STDERR, fastcgi.END_REQUEST, 50])
def test_records_that_a_web_server_has_no_business_to_send_mean_nothing(wire, kind):
    """3.3 and 8: what travels the other way, or has no meaning at all, is passed over inside a request."""
    with FastCgi(wire.fastcgi) as connection:
        connection.send(head(1, stock("POST", length=4)) + record(kind, 1, b"whatever")
                        + record(fastcgi.STDIN, 1, b"body") + STDIN_END)
        assert answer(connection)["body"] == "body"


def test_a_request_cannot_have_the_id_of_management_records(wire, watch):
    """3.3: the id 0 is that of management records."""
    watch.is_refused(wire.fastcgi, begin_request(0))


@pytest.mark.parametrize("length", [0, 7, 9])
def test_begin_request_has_eight_bytes(wire, watch, length):
    """5.1: the body of BEGIN_REQUEST is role, flags and five reserved bytes."""
    watch.is_refused(wire.fastcgi, record(fastcgi.BEGIN_REQUEST, 1, (struct.pack(">HB5x", 1, 0) + b"\0")[:length]))
