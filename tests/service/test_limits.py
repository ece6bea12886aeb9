"""Limits of the service: each gives an answer where one is possible, and a line that names its setting."""

import time

import pytest

from client import fastcgi, http, scgi
from client.connection import Connection

READER = """
import time

def application(environ, start_response):
    if environ["PATH_INFO"] == "/read":
        environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return (b"x" * 100_000 for _ in range(100))
"""


@pytest.fixture(scope="module")
def impatient(start_service, tmp_path_factory):
    app = tmp_path_factory.mktemp("app") / "reader.py"
    app.write_text(READER)
    return start_service(str(app), "--progress-timeout=600ms", "--max-params=100", "--max-params-bytes=8k")


HALF = {
    "scgi": b"500:CONTENT_LENGTH\x000\x00",
    "fastcgi": fastcgi.begin_request(1),
    "http": b"GET / HTTP/1.1\r\n",
}


@pytest.mark.parametrize("way", sorted(HALF))
@pytest.mark.parametrize("sent", ["nothing", "half a head"])
def test_a_head_that_does_not_come_is_not_waited_for(impatient, way, sent):
    size = impatient.log_size()
    with Connection(getattr(impatient, way)) as connection:
        if sent != "nothing":
            connection.send(HALF[way])
        began = time.monotonic()
        answer = connection.read_to_end()
        assert 0.4 < time.monotonic() - began < 5
    # What can be answered is: there is a request, or the beginning of one.
    assert answer == b"" if sent == "nothing" else b" 408 " in answer
    # The line said "no whole request within", as of the time for the whole head.
    assert "nothing came for 0.6 s (setting progress_timeout)" in impatient.wait_for_log("progress_timeout", size)


@pytest.mark.parametrize("way", ["scgi", "fastcgi", "http"])
def test_a_body_that_does_not_come_is_408(impatient, way):
    module = {"scgi": scgi, "fastcgi": fastcgi, "http": http}[way]
    with module.begin(getattr(impatient, way), "POST", "/read", length=10) as exchange:
        exchange.send(b"half")
        answer = exchange.answer()
    assert answer.status == 408
    if way == "fastcgi":
        assert b"progress_timeout" in answer.stderr
    else:
        assert "progress_timeout" in impatient.wait_for_log("progress_timeout")


@pytest.mark.parametrize("way", ["scgi", "fastcgi", "http"])
def test_a_reader_that_does_not_read_is_not_waited_for(impatient, way):
    """The thread is free again, and the response is visibly broken off."""
    module = {"scgi": scgi, "fastcgi": fastcgi, "http": http}[way]
    size = impatient.log_size()
    with module.begin(getattr(impatient, way), "GET", "/") as exchange:
        exchange.end()
        time.sleep(2)
        began = time.monotonic()
        assert scgi.ask(impatient.scgi, path="/").status == 200
        assert time.monotonic() - began < 5
        assert len(exchange.connection.read_to_end()) < 10_000_000
    log = impatient.log(size)
    assert "the response is broken off" in log and log.count("(setting progress_timeout)") == 1, log


def test_a_slow_peer_that_makes_progress_is_served(impatient):
    with scgi.begin(impatient.scgi, "POST", "/read", length=10) as exchange:
        for byte in b"0123456789":
            time.sleep(0.15)
            exchange.send(bytes([byte]))
        assert exchange.answer().status == 200


@pytest.mark.parametrize("way", ["scgi", "fastcgi", "http"])
@pytest.mark.parametrize("headers, setting", [
    ([("X-Big", "v" * 9_000)], "max_params_bytes"),
    ([(f"X-{number}", "v") for number in range(120)], "max_params"),
])
def test_a_head_beyond_the_limits_is_431(impatient, way, headers, setting):
    module = {"scgi": scgi, "fastcgi": fastcgi, "http": http}[way]
    size = impatient.log_size()
    assert module.ask(getattr(impatient, way), path="/", headers=headers).status == 431
    assert f"(setting {setting})" in impatient.wait_for_log(setting, size)


