"""What comes out: heads, bodies, streams and failures, as the client behind every server sees them."""

import secrets
import time

import pytest

LINES = [b"line %d\n" % number for number in range(1, 6)]


@pytest.fixture
def token():
    return secrets.token_hex(8)


def eventually(condition, seconds=5):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def test_a_page_with_its_length(site, browser):
    answer = browser.get("/tagged")
    assert (answer.status, answer.body) == (200, b"a page\n")
    assert answer.headers["Content-Length"] == "7"
    assert answer.headers["X-Probe"] == "yes"


def test_head_is_get_without_the_body(site, browser):
    answer = browser.ask("HEAD", "/tagged")
    assert (answer.status, answer.body, answer.headers["ETag"]) == (200, b"", '"a page"')
    assert answer.headers["Content-Length"] == "7"
    # A body after all would be read as the start of the next answer on this connection.
    assert browser.get("/tagged").body == b"a page\n"


def test_304_has_no_body(site, browser):
    answer = browser.get("/tagged", headers={"If-None-Match": '"a page"'})
    assert (answer.status, answer.body, answer.headers["ETag"]) == (304, b"", '"a page"')
    assert browser.get("/tagged").body == b"a page\n"


def test_a_stream_is_seen_block_by_block(site, browser, token):
    response = browser.open("GET", f"/stream?token={token}")
    seen = []
    for number in range(1, 6):
        seen.append(response.readline())
        # Only now may the app make the next line: had this one waited for it, nobody would move.
        site.gates.joinpath(f"{token}-{number}").touch()
    assert seen == LINES
    assert response.read() == b""


def test_an_exception_is_a_500_and_the_traceback_is_in_the_log(site, browser, token):
    answer = browser.get(f"/fail?token={token}")
    assert answer.status == 500
    assert "Traceback" not in answer.text and "the app fails" not in answer.text
    assert eventually(lambda: f"the app fails: {token}" in site.log_that_gets_tracebacks())
    assert "Traceback" in site.log_that_gets_tracebacks()
    assert browser.get("/tagged").status == 200


def test_close_is_called_when_the_client_leaves(site, browser, token):
    response = browser.open("GET", f"/endless?token={token}")
    assert len(response.read(100_000)) == 100_000
    response.close()
    browser.close()
    assert eventually(site.gates.joinpath(f"{token}-closed").exists)


@pytest.mark.parametrize("method, path, body", [("GET", "/foo?x=1", None), ("HEAD", "/foo", None), ("POST", "/hash", b"words")])
def test_wsgiref_validate_finds_nothing(site, browser, method, path, body):
    answer = browser.ask(method, path, body, app="validated")
    assert answer.status == 200, answer
