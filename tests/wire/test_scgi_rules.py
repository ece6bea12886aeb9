"""More of SCGI, rule by rule, against a real service. Quotations are from the text of 2006."""

import json

import pytest

from client import scgi
from client.connection import Connection
from client.exchange import Exchange
from client.params import nginx_scgi


def pairs(method="GET", path="/", query="", headers=(), length=0):
    return nginx_scgi(method, path, query, headers, length)


def answer(connection, method="GET"):
    given = Exchange(connection, method).answer()
    assert given.status == 200 and given.whole, given
    return json.loads(given.body) if given.body else None


@pytest.mark.parametrize("length", [0, 1, 99, 100, 4_000, 65_536])
def test_values_of_each_length(wire, length):
    """A header is `name NUL value NUL`: neither has a length of its own, and a value may be empty."""
    said = json.loads(scgi.ask(wire.scgi, headers=[("X-Long", "v" * length)]).body)
    assert said["headers"].get("HTTP_X_LONG", "") == "v" * length


def test_values_are_bytes(wire):
    """"NUL ::= <00>", "notnull ::= <01> | <02> | ... | <ff>": every other byte may stand in a value."""
    odd = bytes(byte for byte in range(1, 256) if byte not in b"\r\n")
    with Connection(wire.scgi) as connection:
        connection.send(scgi.head(pairs() + [(b"HTTP_X_ODD", odd)]))
        assert answer(connection)["headers"]["HTTP_X_ODD"] == odd.decode("latin-1")


def test_the_example_of_the_text(wire):
    """The request of the text's own example, byte for byte but for the method's name."""
    with Connection(wire.scgi) as connection:
        connection.send(b"70:CONTENT_LENGTH\x0027\x00SCGI\x001\x00REQUEST_METHOD\x00POST\x00REQUEST_URI\x00/deepthought\x00,"
                        b"What is the answer to life?")
        said = answer(connection, "POST")
    assert (said["method"], said["path"], said["body"]) == ("POST", "/deepthought", "What is the answer to life?")


@pytest.mark.parametrize("size", [1, 4096, 65_535, 65_536, 1_000_000])
def test_bodies_of_each_size(wire, size):
    """CONTENT_LENGTH is the number of bytes of the body, in decimal."""
    body = bytes(range(97, 122)) * (size // 25) + b"z" * (size % 25)
    assert json.loads(scgi.ask(wire.scgi, "POST", body=body).body)["body"] == body.decode()


def test_a_body_of_no_bytes(wire):
    """CONTENT_LENGTH is there "even if it is 0", and nothing is waited for then."""
    with Connection(wire.scgi) as connection:
        connection.send(scgi.head(pairs("POST")))
        assert answer(connection, "POST")["body"] == ""


def test_leading_zeros_of_content_length_are_digits(wire):
    """CONTENT_LENGTH is a sequence of digits; a netstring's length is another matter."""
    with Connection(wire.scgi) as connection:
        connection.send(scgi.head([(b"CONTENT_LENGTH", b"0004"), *pairs("POST", length=4)[1:]]) + b"body")
        assert answer(connection, "POST")["body"] == "body"


def test_the_body_may_hold_anything(wire):
    """The body is bytes: what looks like another head in it is none."""
    body = scgi.head(pairs(path="/inner"))
    said = json.loads(scgi.ask(wire.scgi, "POST", "/outer", body=body).body)
    assert (said["path"], said["body"]) == ("/outer", body.decode("latin-1"))


def test_one_request_for_each_connection(wire):
    """"...sends back a response and closes the connection": what might be a second request is never read."""
    with Connection(wire.scgi) as connection:
        connection.send(scgi.head(pairs(path="/one")) + scgi.head(pairs(path="/two")))
        said = connection.read_to_end()
    assert b'"/one"' in said and b'"/two"' not in said


def test_the_answer_is_that_of_cgi(wire):
    """"The format of the response is not specified by the protocol. In general, CGI-style responses are used":
    header lines, of which Status is one, an empty line, and the body."""
    with Connection(wire.scgi) as connection:
        connection.send(scgi.head(pairs()))
        first, _, _ = connection.read_to_end().partition(b"\r\n\r\n")
    assert first.startswith(b"Status: 200 OK\r\n") and b"HTTP/1.1 200" not in first


def test_head_has_no_body(wire):
    """RFC 3875, 4.3.3, whose response it is: no body for HEAD."""
    given = scgi.ask(wire.scgi, "HEAD")
    assert (given.status, given.body) == (200, b"")


def test_the_marker_may_be_missing(wire):
    """A request has a header `SCGI` with the value 1: a rule for the client, whose breach harms nobody."""
    with Connection(wire.scgi) as connection:
        connection.send(scgi.head([pair for pair in pairs() if pair[0] != b"SCGI"]))
        assert answer(connection)["path"] == "/"


@pytest.mark.parametrize("version", [b"2", b"", b"1.0"])
def test_another_version_is_refused(wire, watch, version):
    """"SCGI" "must always be present and have a value of 1": another value asks for other rules."""
    watch.is_refused(wire.scgi, scgi.head([(name, version if name == b"SCGI" else value) for name, value in pairs()]))


def test_a_leading_zero_of_the_netstring_is_refused(wire, watch):
    """Netstrings: the length has no leading zeros."""
    watch.is_refused(wire.scgi, b"0" + scgi.head(pairs()))


def test_a_name_without_characters_is_refused(wire, watch):
    """"name ::= notnull+": at least one byte."""
    watch.is_refused(wire.scgi, scgi.head(pairs() + [(b"", b"value")]))


def test_a_client_that_has_said_all_may_stop_sending(wire):
    """A stream has two directions: the answer comes although the other is closed."""
    with Connection(wire.scgi) as connection:
        connection.send(scgi.head(pairs("POST", length=4)) + b"body")
        connection.stop_sending()
        assert answer(connection, "POST")["body"] == "body"


def test_a_body_that_breaks_off_is_400(wire):
    """The body has CONTENT_LENGTH bytes; fewer are not a body, and the app must not take the part for the whole."""
    with Connection(wire.scgi) as connection:
        connection.send(scgi.head(pairs("POST", length=10)) + b"part")
        connection.stop_sending()
        assert Exchange(connection, "POST").answer().status == 400


def test_a_netstring_of_a_kilobyte_in_many_packets(wire):
    """The head is one netstring, however many packets bring it."""
    whole = scgi.head(pairs(path="/packets", headers=[("X-Fill", "f" * 1000)]))
    with Connection(wire.scgi_tcp) as connection:
        connection.send_in_pieces(whole[at:at + 50] for at in range(0, len(whole), 50))
        assert answer(connection)["path"] == "/packets"
