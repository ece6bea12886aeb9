"""PEP 3333, "The start_response() Callable": status and headers."""

from urllib.parse import quote

import pytest


FINE = [("X-Fine", "yes")]


def _given(way, status="200 OK", headers=FINE, **request):
    """Lets the app answer with that status and those headers (lists and tuples, as they are)."""
    return way.ask("fields/given", query=quote(repr((status, headers))), **request)


def _refused(way, named, status="200 OK", headers=FINE):
    """The answer is a 500 without any of it, and the log names what was wrong."""
    answer = _given(way, status, headers)
    assert answer.status == 500
    assert answer.get("X-Fine") is None and answer.get("X-Injected") is None
    assert b"Injected" not in answer.body
    assert named in way.told(answer, named)


def test_status_and_reason_are_kept(way):
    """The start_response() Callable: "a status string of the form 999 Message here"."""
    answer = _given(way, "418 I'm a (rather short) teapot", [])
    assert (answer.status, answer.reason) == (418, "I'm a (rather short) teapot")


def test_an_unknown_status_is_kept(way):
    """The start_response() Callable: any three digits."""
    answer = _given(way, "299 Something New", [])
    assert (answer.status, answer.reason) == (299, "Something New")


def test_a_reason_in_latin_1_passes(way):
    """Unicode Issues: status and headers are native strings, sent as latin-1."""
    assert way.ask("fields/latin1").reason == "Sch\xf6n"


def test_headers_keep_their_order(way):
    """The start_response() Callable: a list, in order."""
    answer = _given(way, headers=[("X-B", "1"), ("X-A", "2"), ("X-C", "3")])
    assert [pair for pair in answer.headers if pair[0].startswith("X-")] == [("X-B", "1"), ("X-A", "2"), ("X-C", "3")]


def test_a_header_may_come_twice(way):
    """The start_response() Callable: two Set-Cookie lines stay two lines, in order."""
    answer = _given(way, headers=[("Set-Cookie", "a=1"), ("X-Fine", "yes"), ("Set-Cookie", "b=2")])
    assert answer.all("Set-Cookie") == ["a=1", "b=2"]


def test_the_spelling_of_a_name_is_kept(way):
    """The start_response() Callable: names are compared without case, but sent as they are."""
    assert ("x-ODD-Case", "1") in _given(way, headers=[("x-ODD-Case", "1")]).headers


def test_a_value_in_latin_1_passes(way):
    """Unicode Issues: one byte for each character."""
    assert way.ask("fields/latin1").get("X-Latin") == "caf\xe9 \xff"


def test_an_empty_value_passes(way):
    """The start_response() Callable: nothing forbids it."""
    assert _given(way, headers=[("X-Empty", ""), ("X-Fine", "yes")]).get("X-Empty") == ""


def test_a_tab_in_a_value_passes(way):
    """RFC 9110, 5.5: a tab is white space. The PEP calls it a control character; janua follows the RFC or refuses
    it."""
    answer = _given(way, headers=[("X-Tab", "a\tb")])
    assert answer.status == 500 or answer.get("X-Tab") == "a\tb"


def test_no_headers_at_all_is_fine(way):
    """The start_response() Callable: the list may be empty."""
    answer = _given(way, headers=[])
    assert (answer.status, answer.body) == (200, b"fields")


def test_a_large_header_passes(way):
    """The start_response() Callable: no limit is given; 64 KB are sent whole."""
    assert way.ask("fields/large").get("X-Large") == "v" * 65536


def test_many_headers_pass(way):
    """The start_response() Callable: the same for 500 lines."""
    assert way.ask("fields/many").all("X-Many") == ["%d" % number for number in range(500)]


def test_a_large_request_header_passes(way):
    """environ Variables: a request header of 64 KB reaches the app whole."""
    assert way.ask("fields/back_again", headers=[("X-Large", "v" * 65536)]).body == b"65536"


@pytest.mark.parametrize("value", ["a\r\nX-Injected: b", "a\nX-Injected: b", "a\rb", "a\0b"])
def test_line_ends_and_nul_in_a_value_are_refused(way, value):
    """The start_response() Callable: a value "must not include any control characters, including carriage returns or
    linefeeds". janua refuses it and names the header."""
    _refused(way, "X-Bad", headers=FINE + [("X-Bad", value)])


@pytest.mark.parametrize("name", ["X-Bad\r\nX-Injected", "X-Bad\n", "X-Bad\0", "X-Bad:", "X-Bad Name"])
def test_a_name_that_is_no_token_is_refused(way, name):
    """The start_response() Callable: "a valid HTTP header field-name ... without a trailing colon or other
    punctuation"."""
    _refused(way, "X-Bad", headers=FINE + [(name, "value")])


def test_an_empty_name_is_refused(way):
    """The start_response() Callable: no name is no valid name."""
    _refused(way, "header", headers=FINE + [("", "value")])


@pytest.mark.parametrize("status", ["200 OK\r\nX-Injected: b", "200 OK\nX", "200 O\rK", "200 O\0K"])
def test_line_ends_and_nul_in_the_status_are_refused(way, status):
    """The start_response() Callable: the status "must not contain control characters"."""
    _refused(way, "status", status)


@pytest.mark.parametrize("status", ["", "OK", "20 OK", "2000 OK", "abc OK", "-20 OK", "200OK"])
def test_a_status_without_three_digits_is_refused(way, status):
    """The start_response() Callable: "a string consisting of a Status-Code and a Reason-Phrase, in that order and
    separated by a single space"."""
    _refused(way, "status", status)


@pytest.mark.parametrize("status", [200, b"200 OK", None, ("200", "OK")])
def test_a_status_that_is_no_string_is_refused(way, status):
    """The start_response() Callable: the status is a native string."""
    _refused(way, "status", status)


@pytest.mark.parametrize("headers", [
    {"X-Bad": "a"}, None, "X-Bad: a", [("X-Bad",)], [("X-Bad", "a", "b")], ["X-Bad: a"], [None], ["ab"],
])
def test_headers_that_are_no_list_of_pairs_are_refused(way, headers):
    """The start_response() Callable: "a list of (header_name, header_value) tuples"."""
    _refused(way, "header", headers=headers)


def test_headers_from_a_generator_are_refused(way):
    """The start_response() Callable: "it must be a Python list"."""
    answer = way.ask("fields/header_generator")
    assert answer.status == 500
    assert "list" in way.told(answer, "list")


@pytest.mark.parametrize("value", [b"bytes", 7, None, ["a"]])
def test_a_value_that_is_no_string_is_refused(way, value):
    """The start_response() Callable: native strings; a Content-Length as int is the usual mistake. The log names
    it."""
    _refused(way, "X-Bad", headers=FINE + [("X-Bad", value)])


@pytest.mark.parametrize("name", [b"X-Bad", 7, None])
def test_a_name_that_is_no_string_is_refused(way, name):
    """The start_response() Callable: native strings."""
    _refused(way, "header", headers=FINE + [(name, "value")])


def test_a_value_beyond_latin_1_is_refused(way):
    """Unicode Issues: strings "must contain only code points representable in ISO-8859-1 encoding"."""
    _refused(way, "X-Bad", headers=FINE + [("X-Bad", "price in \u20ac")])


def test_a_status_beyond_latin_1_is_refused(way):
    """Unicode Issues: the same for the status."""
    _refused(way, "status", "200 \u20ac")


@pytest.mark.parametrize("name", [
    "Connection", "keep-alive", "Proxy-Authenticate", "Proxy-Authorization", "TE", "Trailer", "Transfer-Encoding",
    "UPGRADE",
])
def test_hop_by_hop_headers_are_refused(way, name):
    """The start_response() Callable: a server "should consider it a fatal error for an application to attempt sending
    them, and raise an error if they are supplied to start_response()"."""
    _refused(way, name, headers=FINE + [(name, "x")])


def test_a_header_named_status_cannot_become_the_status(way):
    """Not in the PEP: under CGI, SCGI and FastCGI `Status` is the status line. It is refused, or dropped."""
    answer = _given(way, "200 OK", [("Status", "404 Not Found"), ("X-Fine", "yes")])
    assert answer.status == 500 or (answer.status, answer.get("Status")) == (200, None)


def test_children_of_str_are_strings(way):
    """The start_response() Callable: the PEP asks for `str` itself. Frameworks pass children of it (safe strings,
    markup), so janua takes them: a deviation that harms nobody."""
    answer = way.ask("fields/str_subclass")
    assert (answer.status, answer.get("X-Text")) == (200, "a child of str")


def test_the_app_can_catch_a_refusal_and_start_again(way):
    """The start_response() Callable: "servers should check for errors in the headers at the time start_response is
    called, so that an error can be raised while the application is still running"; exc_info replaces what was
    refused."""
    answer = way.ask("fields/caught")
    assert (answer.status, answer.reason) == (500, "Recovered")
    assert b"X-Bad" in answer.body


def test_a_call_that_was_refused_counts_as_a_call(way):
    """The start_response() Callable: a second call without exc_info is fatal, which "includes the case where the
    first call to start_response raised an error"."""
    assert way.ask("fields/caught_and_repeated").body == b"AssertionError"
