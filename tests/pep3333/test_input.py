"""PEP 3333, "Input and Error Streams": wsgi.input."""

import hashlib
import time

import pytest

from client import http
from client.connection import Connection

LINES = b"first\nsecond\n\nfourth, without an end"
LARGE = bytes(range(251)) * (8 * 1024 * 1024 // 251) + b"the last bytes"


def test_read_without_a_size_gives_everything(way):
    """Input and Error Streams: "a server should allow read() to be called without an argument"."""
    assert way.facts("input/read_all", body=b"the body") == {"body": "the body", "kind": "bytes"}


def test_read_minus_one_gives_everything(way):
    """Input and Error Streams: as in Python's own files."""
    assert way.facts("input/read_minus_one", body=b"the body")["body"] == "the body"


def test_read_zero_gives_nothing_and_loses_nothing(way):
    """Input and Error Streams: as in Python's own files."""
    assert way.facts("input/read_nothing", body=b"the body") == {"first": "", "body": "the body"}


def test_read_with_a_size_gives_that_much(way):
    """Input and Error Streams: read(size), with the rest at the end and b"" from then on."""
    found = way.facts("input/read_in_parts", body=b"abcdefghij", query="1,4,3,9,9")
    assert found["parts"] == ["a", "bcde", "fgh", "ij", ""]


def test_read_waits_until_it_has_all_that_was_asked_for(way):
    """Input and Error Streams: a body that arrives in pieces is read as one file; only its last part is shorter."""
    body = bytes(range(256)) * 150
    with way.begin("input/read_exact", method="POST", length=len(body)) as exchange:
        for start in range(0, len(body), 4000):
            exchange.send(body[start:start + 4000])
            time.sleep(0.01)
        exchange.end()
        answer = exchange.answer()
    assert answer.status == 200
    assert hashlib.sha256(body).hexdigest().encode() in answer.body
    assert b'"lengths": [10000, 10000, 10000, 8400]' in answer.body


def test_the_end_of_the_body_is_the_end_of_the_file(way):
    """Input and Error Streams: "a server should return empty bytestrings from any attempt to read from an empty or
    exhausted input stream"."""
    found = way.facts("input/read_beyond_end", body=b"all")
    assert found == {"first": "all", "after": ["", "", "", ""], "lines": [], "iterated": []}


def test_a_request_without_a_body_is_an_empty_file(way):
    """Input and Error Streams: reading is allowed on GET, too, and does not wait."""
    assert way.facts("input/read_all")["body"] == ""


def test_an_empty_post_is_an_empty_file(way):
    """Input and Error Streams: the same for a POST of no bytes."""
    assert way.facts("input/read_all", method="POST")["body"] == ""


def test_readline_gives_one_line(way):
    """Input and Error Streams: readline(), with the line end kept and b"" at the end."""
    found = way.facts("input/read_line", body=LINES)
    assert found["lines"] == ["first\n", "second\n", "\n", "fourth, without an end", ""]


def test_readline_keeps_to_its_size(way):
    """Input and Error Streams, note 2: readline(size), which servers should support: at most size bytes; the rest of
    the line stays."""
    found = way.facts("input/read_line_limited", body=LINES, query="3,9,0,-1,100")
    assert found["lines"] == ["fir", "st\n", "", "second\n", "\n"]


def test_readlines_gives_all_lines(way):
    """Input and Error Streams: readlines()."""
    found = way.facts("input/read_lines", body=LINES)
    assert found == {"lines": ["first\n", "second\n", "\n", "fourth, without an end"], "kind": "list"}


def test_readlines_with_a_hint_loses_nothing(way):
    """Input and Error Streams, note 3: "the server or gateway is free to ignore" the hint: janua may stop after it or
    not."""
    found = way.facts("input/read_lines_hint", body=LINES)
    assert found["first"][0] == "first\n"
    assert "".join(found["first"] + found["rest"]) == LINES.decode()


def test_iteration_gives_lines(way):
    """Input and Error Streams: __iter__()."""
    assert way.facts("input/iterate", body=LINES)["lines"] == ["first\n", "second\n", "\n", "fourth, without an end"]


def test_iteration_can_be_taken_up_again(way):
    """Input and Error Streams: each iterator goes on where the file stands."""
    found = way.facts("input/iterate_twice", body=LINES)
    assert found["first"] == "first\n" and found["rest"] == ["second\n", "\n", "fourth, without an end"]


def test_the_ways_of_reading_can_be_mixed(way):
    """Input and Error Streams: one position for all methods."""
    found = way.facts("input/mixed", body=b"abcdef\nghi\njklmno\np\n")
    assert found == {"parts": ["abc", "def\n", "ghi\n", "jk", "lm"], "rest": ["no\n", "p\n"]}


def test_a_line_longer_than_any_buffer_is_one_line(way):
    """Input and Error Streams: readline() has no limit of its own."""
    body = b"x" * 300_000 + b"\n" + b"y" * 200_000
    assert way.facts("input/long_line", body=body)["lengths"] == [300_001, 200_000]


def test_binary_bodies_are_not_touched(way):
    """Input and Error Streams: bytes, every value of them."""
    body = bytes(range(256)) + b"\r\n0\r\n\r\n\0\x1a"
    assert way.facts("input/read_all", body=body)["body"] == body.decode("latin-1")


def test_a_large_body_arrives_whole(way):
    """Input and Error Streams: 8 MiB, read in parts."""
    found = way.facts("input/digest", body=LARGE)
    assert found == {"sha256": hashlib.sha256(LARGE).hexdigest(), "length": len(LARGE)}


def test_a_large_body_arrives_whole_in_one_read(way):
    """Input and Error Streams: 8 MiB, read at once."""
    found = way.facts("input/digest_of_all", body=LARGE)
    assert found == {"sha256": hashlib.sha256(LARGE).hexdigest(), "length": len(LARGE)}


def test_a_body_without_content_length_is_read_to_its_end(unsized_way):
    """Input and Error Streams leaves bodies without CONTENT_LENGTH to the server. janua: the last chunk, the empty
    STDIN record or the end of stdin is the end of the file. SCGI has no such thing."""
    assert unsized_way.facts("input/read_all", body=b"no length", sized=False)["body"] == "no length"


def test_a_large_body_without_content_length_arrives_whole(unsized_way):
    """Input and Error Streams: the same with 8 MiB."""
    found = unsized_way.facts("input/digest", body=LARGE, sized=False)
    assert found == {"sha256": hashlib.sha256(LARGE).hexdigest(), "length": len(LARGE)}


def test_a_body_without_content_length_has_none_in_the_environ(unsized_way):
    """environ Variables, CONTENT_LENGTH: "may be empty or absent": an app that sees none can trust the end of the
    file (`wsgi.input_terminated`). A server that knows the length after all may say so, but never a wrong one."""
    found = unsized_way.facts("input/length_told", body=b"no length", sized=False)
    assert found["told"] in (None, "", "9") and found["body"] == "no length"


def test_nothing_is_read_beyond_content_length(way):
    """Input and Error Streams, note 1: the server "should simulate an end-of-file condition if the application
    attempts to read past" Content-Length, whatever follows."""
    if way.name == "http":
        pytest.skip("what follows is the next request")
    found = way.facts("input/length_told", body=b"12345 and more", params={"CONTENT_LENGTH": "5"})
    assert found == {"told": "5", "body": "12345"}


def test_an_app_may_ignore_the_body(way):
    """Input and Error Streams: the answer arrives whole though 3 MiB are still on the way."""
    answer = way.ask("input/ignore", body=b"z" * (3 * 1024 * 1024))
    assert (answer.status, answer.body, answer.whole) == (200, b"not read", True)


def test_an_app_may_read_only_the_beginning(way):
    """Input and Error Streams: the same after some of it was read."""
    answer = way.ask("input/read_a_little", body=b"begin" + b"z" * (3 * 1024 * 1024))
    assert (answer.status, answer.body, answer.whole) == (200, b"begin", True)


def test_the_body_can_be_read_after_the_response_has_begun(way):
    """Input and Error Streams: the stream lives as long as the iterable."""
    assert way.ask("input/late", body=b"and read").body == b"begun and read"


def test_expect_100_continue_is_answered(service):
    """HTTP 1.1 Expect/Continue: a client that waits for `100 Continue` gets it when the app reads, or before."""
    headers = [("Expect", "100-continue"), ("Connection", "close")]
    with Connection(service.http) as connection:
        exchange = http.begin_on(connection, "POST", "/input/read_all", headers=headers, length=7)
        assert connection.read(21).data == b"HTTP/1.1 100 Continue"
        exchange.send(b"awaited")
        assert connection.read_exactly(4) == b"\r\n\r\n"
        answer = exchange.answer()
    assert answer.status == 200 and b"awaited" in answer.body


def test_expect_100_continue_does_not_hold_up_an_app_that_does_not_read(service):
    """HTTP 1.1 Expect/Continue: the client gets its answer without having sent the body."""
    headers = [("Expect", "100-continue"), ("Connection", "close")]
    with Connection(service.http) as connection:
        answer = http.begin_on(connection, "POST", "/input/ignore", headers=headers, length=1000).answer()
    assert answer.body == b"not read"


def test_a_body_that_breaks_off_does_not_harm_the_service(service_way):
    """Input and Error Streams says nothing of clients that leave: the read ends, and the next request is served."""
    for _ in range(6):
        exchange = service_way.begin("input/digest", method="POST", length=100_000)
        exchange.send(b"a tenth of it")
        exchange.abort()
    assert service_way.facts("input/read_all", body=b"next")["body"] == "next"
