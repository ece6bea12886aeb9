"""PEP 3333, "Error Handling": what an exception of the app does, and what it does not."""

import re

import pytest

EARLY = ["before_start", "after_start", "in_first_next", "after_empty_block"]


@pytest.mark.parametrize("case", EARLY)
def test_an_exception_before_anything_was_sent_is_a_500(way, case):
    """Error Handling: "servers should trap and log any exception that aborts an application or the iteration of its
    return value"; the answer is janua's own error page."""
    answer = way.ask("failing/" + case)
    assert answer.status == 500 and answer.whole
    assert answer.get("X-Own") is None


@pytest.mark.parametrize("case", EARLY)
def test_the_client_never_sees_the_traceback(way, case):
    """Error Handling: the details are for the operator."""
    answer = way.ask("failing/" + case)
    everything = answer.body + repr(answer.headers).encode()
    assert not any(word in everything for word in (b"marker-secret", b"Traceback", b"Secret", b"failing", b".py"))


def test_the_operator_sees_the_whole_traceback(way):
    """environ Variables, wsgi.errors: the traceback goes where wsgi.errors goes."""
    answer = way.ask("failing/before_start")
    told = way.told(answer, "marker-secret")
    assert "Traceback (most recent call last)" in told
    assert "failing.py" in told and "in before_start" in told and "Secret: marker-secret" in told


def test_the_log_says_which_request_failed(way):
    """environ Variables, wsgi.errors: over SCGI and HTTP nothing else did. Of the address only the path, and on one line
    whatever is in it."""
    answer = way.ask("failing/before_start", "/a%0Ab", query="token=t0ken")
    told = way.told(answer, "marker-secret")
    path = re.escape(r"/failing/before_start/a\nb")
    assert re.search(rf"^janua\[\d+\]: GET {path}: the app failed\nTraceback ", told, re.M)
    assert "t0ken" not in told


def test_the_traceback_goes_to_the_log_of_the_server_in_front(way):
    """environ Variables, wsgi.errors: where there is a stream to it."""
    answer = way.ask("failing/before_start")
    way.told(answer, "marker-secret")
    assert (b"Secret: marker-secret" in answer.stderr) == (way.name in ("cgi", "fastcgi"))


def test_the_cause_of_an_exception_is_logged(way):
    """environ Variables, wsgi.errors: as Python prints it, with what came before."""
    told = way.told(way.ask("failing/chained"), "marker-effect")
    assert "marker-cause" in told and "marker-effect" in told


@pytest.mark.parametrize("case", ["after_block_with_length", "after_write"])
def test_an_exception_after_something_was_sent_is_a_visible_truncation(way, case):
    """Error Handling: it is too late for another status. The connection is closed before Content-Length is
    reached."""
    answer = way.ask("failing/" + case)
    assert (answer.status, answer.body, answer.whole) == (200, b"partial", False)
    assert "marker-secret" in way.told(answer, "marker-secret")


def test_a_truncation_shows_without_content_length_where_the_protocol_can_tell(way):
    """Error Handling: over HTTP the last chunk is missing, over FastCGI the application status is not 0. SCGI and
    CGI have nothing that a web server would look at."""
    answer = way.ask("failing/after_block")
    assert (answer.status, answer.body) == (200, b"partial")
    if way.name == "http":
        assert not answer.whole
    elif way.name == "fastcgi":
        assert answer.app_status not in (0, None)
    assert "marker-secret" in way.told(answer, "marker-secret")


@pytest.mark.parametrize("case", ["system_exit", "keyboard_interrupt", "generator_exit"])
def test_exceptions_that_end_programs_end_only_the_request(way, case):
    """Error Handling leaves it open. An app that calls `sys.exit()` gets a 500; the service goes on."""
    assert way.ask("failing/" + case).status == 500
    for _ in range(5):
        assert way.ask("failing/fine").body == b"fine"


def test_an_exit_in_the_middle_is_a_truncation(way):
    """Error Handling: the same after something was sent."""
    answer = way.ask("failing/system_exit_later")
    assert (answer.status, answer.body, answer.whole) == (200, b"partial", False)
    assert way.ask("failing/fine").body == b"fine"


@pytest.mark.parametrize("case", ["odd_text", "unprintable", "recursion"])
def test_exceptions_that_are_hard_to_print_are_a_500_all_the_same(way, case):
    """Error Handling: a surrogate in the text, a `__str__` that raises, a thousand frames."""
    answer = way.ask("failing/" + case)
    assert answer.status == 500
    assert "Traceback" in way.told(answer, "Traceback")
    assert way.ask("failing/fine").body == b"fine"


def test_the_apps_own_error_page_is_sent(way):
    """Error Handling: the example of the PEP, with exc_info."""
    answer = way.ask("failing/own_error_page")
    assert (answer.status, answer.reason, answer.body) == (500, "Oops", b"own error page")


def test_a_500_under_head_has_no_body(way):
    """RFC 9110, 9.3.2: janua's own error page keeps to it."""
    answer = way.ask("failing/before_start", method="HEAD")
    assert (answer.status, answer.body, answer.whole) == (500, b"", True)
