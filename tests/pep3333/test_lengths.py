"""PEP 3333, "Handling the Content-Length Header"; and RFC 9110 on responses without a body."""

import pytest

from client import http
from client.connection import Connection


def test_a_list_of_one_block_gets_a_content_length(way):
    """Handling the Content-Length Header: for "an iterable whose len() is 1 ... the server can automatically
    determine Content-Length"."""
    answer = way.ask("lengths/one_block")
    assert (answer.get("Content-Length"), answer.body) == ("9", b"one block")


def test_the_apps_own_content_length_is_kept_and_not_doubled(way):
    """Handling the Content-Length Header: the name is compared without case."""
    answer = way.ask("lengths/own_length")
    assert answer.all("Content-Length") == ["9"] and answer.body == b"one block"


def test_a_generator_gets_no_content_length(way):
    """Handling the Content-Length Header: its length is not known before it has ended."""
    answer = way.ask("lengths/generator")
    assert answer.get("Content-Length") is None
    assert (answer.body, answer.whole) == (b"one block", True)


@pytest.mark.parametrize("case", ["no_blocks", "one_empty_block"])
def test_an_empty_list_has_length_zero(way, case):
    """Handling the Content-Length Header: zero blocks, or one without content, are zero bytes."""
    answer = way.ask("lengths/" + case)
    assert (answer.status, answer.get("Content-Length"), answer.body) == (200, "0", b"")


def test_an_empty_generator_is_an_empty_body(way):
    """Handling the Content-Length Header: the headers are sent at the end at the latest. At that point the length is
    known to be 0, so it may be told."""
    answer = way.ask("lengths/empty_generator")
    assert (answer.status, answer.body, answer.whole) == (200, b"", True)
    assert answer.get("Content-Length") in (None, "0")


def test_writing_makes_the_length_of_the_list_worthless(way):
    """Handling the Content-Length Header: one block in the list, but another was written before."""
    answer = way.ask("lengths/written_and_one_block")
    assert (answer.body, answer.whole) == (b"written one block", True)
    assert answer.get("Content-Length") in (None, "17")


@pytest.mark.parametrize("case", ["too_long", "too_long_over_blocks", "too_long_by_write"])
def test_a_body_longer_than_content_length_is_cut_and_logged(way, case):
    """Handling the Content-Length Header: the server "should not transmit more bytes to the client than the header
    allows". Past that point write() may raise an error or not; janua cuts and says so in the log, for the client has
    its whole answer."""
    answer = way.ask("lengths/" + case)
    assert (answer.status, answer.get("Content-Length"), answer.body) == (200, "5", b"12345")
    assert "Content-Length" in way.told(answer, "Content-Length")


@pytest.mark.parametrize("case", ["too_short", "too_short_list"])
def test_a_body_shorter_than_content_length_is_visibly_aborted(way, case):
    """Handling the Content-Length Header: the server "should close the connection and log or otherwise report the
    error". The client sees that something is missing. If nothing was sent yet, a 500 tells it better."""
    answer = way.ask("lengths/" + case)
    assert not answer.whole or answer.status == 500
    assert "Content-Length" in way.told(answer, "Content-Length")


def test_no_body_at_all_where_one_was_promised_shows(way):
    """Handling the Content-Length Header: the same with nothing sent."""
    answer = way.ask("lengths/none_of_it")
    assert not answer.whole or answer.status == 500
    assert "Content-Length" in way.told(answer, "Content-Length")


@pytest.mark.parametrize("case", ["not_a_number", "negative", "two_lengths"])
def test_a_content_length_that_makes_no_sense_is_refused(way, case):
    """RFC 9110, 8.6: digits, and one value. To pass it on would break the framing of the front server."""
    answer = way.ask("lengths/" + case)
    assert answer.status == 500
    assert "Content-Length" in way.told(answer, "Content-Length")


def test_head_has_the_headers_of_get_and_no_body(way):
    """Not in the PEP: RFC 9110, 9.3.2. The app need not know about it."""
    answer = way.ask("lengths/plain", method="HEAD")
    assert (answer.status, answer.body, answer.whole) == (200, b"", True)
    assert answer.get("Content-Length") == "9" and answer.get("X-Own") == "yes"


@pytest.mark.parametrize("case", ["one_block", "generator", "no_blocks", "too_long_over_blocks"])
def test_head_has_no_body_however_the_app_makes_it(way, case):
    """RFC 9110, 9.3.2: a Content-Length on HEAD, if there is one, is that of GET."""
    answer = way.ask("lengths/" + case, method="HEAD")
    assert (answer.status, answer.body, answer.whole) == (200, b"", True)
    assert answer.get("Content-Length") in (None, way.ask("lengths/" + case).get("Content-Length"))


def test_an_app_may_write_under_head(way):
    """RFC 9110, 9.3.2: what is written is dropped like any other body."""
    answer = way.ask("starting/write_first", method="HEAD")
    assert (answer.status, answer.body, answer.whole) == (200, b"", True)


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_a_status_without_a_body_gets_none(way, status):
    """RFC 9110, 15.3.5 and 15.4.5: these responses end with their head, whatever the app yields."""
    answer = way.ask("lengths/status", query=status.replace(" ", "+"))
    assert "%d %s" % (answer.status, answer.reason) == status
    assert (answer.body, answer.whole) == (b"", True)
    assert answer.get("Content-Length") is None and answer.get("Transfer-Encoding") is None


def test_304_may_tell_the_length_that_200_would_have(way):
    """RFC 9110, 15.4.5: the app's own Content-Length is allowed here and is no promise of a body."""
    answer = way.ask("lengths/not_modified_with_length")
    assert (answer.status, answer.get("Content-Length"), answer.get("ETag")) == (304, "9", '"1"')
    assert (answer.body, answer.whole) == (b"", True)


def test_a_connection_is_in_step_after_responses_without_a_body(service):
    """RFC 9112, 6.3: on a kept connection nothing of a dropped body turns up in the next response."""
    with Connection(service.http) as connection:
        for method, case, query in [
            ("HEAD", "plain", ""), ("GET", "status", "304+Not+Modified"), ("HEAD", "generator", ""),
            ("GET", "status", "204+No+Content"), ("GET", "one_block", ""),
        ]:
            answer = http.begin_on(connection, method, "/lengths/" + case, query).answer()
        assert answer.body == b"one block"
