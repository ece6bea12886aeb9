"""`wsgiref.validate` between janua and an app: it raises AssertionError for what either side does wrong."""

import pytest


def _passed(way, answer, body):
    assert (answer.status, answer.body, answer.whole) == (200, body, True), way.told(answer)
    told = way.told(answer)
    assert "AssertionError" not in told and "garbage collected" not in told and "WSGIWarning" not in told


def test_a_get_is_valid(way):
    """wsgiref.validate checks the environ, the streams, and that close() is called."""
    _passed(way, way.ask("validated/simple"), b"simple")


def test_a_get_with_everything_is_valid(way):
    """wsgiref.validate: no HTTP_CONTENT_TYPE, all strings native, SCRIPT_NAME and PATH_INFO in shape."""
    answer = way.ask(
        "validated/simple", "/%C3%A9", query="a=b", headers=[("Content-Type", "text/plain"), ("X-One", "1")])
    _passed(way, answer, b"simple")


def test_a_post_read_in_parts_is_valid(way):
    """wsgiref.validate checks what read() gives."""
    body = b"twenty bytes of body and some more"
    _passed(way, way.ask("validated/reads", body=body), body)


def test_a_post_read_by_lines_is_valid(way):
    """wsgiref.validate checks the iteration of wsgi.input."""
    _passed(way, way.ask("validated/reads_lines", body=b"one\ntwo\n"), b"one\ntwo\n")


def test_streaming_and_errors_are_valid(way):
    """wsgiref.validate checks that wsgi.errors takes what it is given and the iteration."""
    answer = way.ask("validated/streams")
    _passed(way, answer, b"one two")
    assert "marker-validated" in way.told(answer, "marker-validated")


def test_write_is_valid(way):
    """wsgiref.validate checks the callable that start_response returned."""
    _passed(way, way.ask("validated/writes"), b"written returned")


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_other_methods_are_valid(way, method):
    """wsgiref.validate knows these methods."""
    _passed(way, way.ask("validated/simple", method=method), b"" if method == "HEAD" else b"simple")


def test_a_response_without_content_is_valid(way):
    """wsgiref.validate checks that 204 has no Content-Type."""
    answer = way.ask("validated/no_content")
    assert (answer.status, answer.body) == (204, b""), way.told(answer)
