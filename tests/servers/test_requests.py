"""What goes in: paths, queries, headers and bodies reach the app unharmed behind every server."""

import hashlib
import json

import pytest

from .configurations import mounted

EIGHT_MEGABYTES = bytes(range(256)) * 32768


def environ(browser, path, **options):
    answer = browser.get(path, **options)
    assert answer.status == 200, answer
    return answer.json()


def test_the_mount_is_script_name_and_the_rest_is_path_info(site, browser):
    seen = environ(browser, "/foo/bar")
    assert (seen["SCRIPT_NAME"], seen["PATH_INFO"]) == (site.configuration.mount, "/foo/bar")
    assert seen["REQUEST_METHOD"] == "GET"


def test_the_root_of_the_mount(site, browser):
    seen = environ(browser, "/")
    assert (seen["SCRIPT_NAME"], seen["PATH_INFO"]) == (site.configuration.mount, "/")


@mounted
def test_the_mount_without_a_slash(site, browser):
    answer = browser.get("")
    assert answer.status == site.configuration.bare_mount
    if answer.status == 200:
        seen = answer.json()
        assert (seen["SCRIPT_NAME"], seen["PATH_INFO"]) == (site.configuration.mount, "")


@mounted
def test_a_longer_name_is_not_the_mount(site, browser):
    answer = browser.get("le/pie")
    assert answer.headers["X-Probe"] is None, "the app was asked"
    assert answer.status in (403, 404)


def test_a_path_beyond_ascii_is_utf_8_in_latin_1(site, browser):
    seen = environ(browser, "/caf%C3%A9/%E2%82%AC")
    assert seen["PATH_INFO"] == "/café/€".encode().decode("latin-1")


def test_a_path_is_decoded_once(site, browser):
    seen = environ(browser, "/a%20b+c%25d/100%25")
    assert seen["PATH_INFO"] == "/a b+c%d/100%"


def test_an_escaped_slash_becomes_what_the_server_makes_of_it(site, browser):
    expected = site.configuration.encoded_slash
    answer = browser.get("/one%2Ftwo")
    if isinstance(expected, int):
        assert (answer.status, answer.headers["X-Probe"]) == (expected, None)
    else:
        seen = answer.json()
        assert (seen["SCRIPT_NAME"], seen["PATH_INFO"]) == (site.configuration.mount, f"/one{expected}two")
        assert seen["REQUEST_URI"].endswith("/one%2Ftwo")


def test_a_query_arrives_as_it_was_sent(site, browser):
    assert environ(browser, "/q?a=1&b=%20%C3%A9+x&c=%2F&d")["QUERY_STRING"] == "a=1&b=%20%C3%A9+x&c=%2F&d"
    assert environ(browser, "/q")["QUERY_STRING"] == ""


def test_headers_reach_the_app(site, browser):
    headers = {"Authorization": "Basic dTpw", "Cookie": "a=1; b=2", "X-Latin": "caf\xe9", "Proxy": "http://evil.example/"}
    seen = environ(browser, "/h", headers=headers)
    assert seen["HTTP_AUTHORIZATION"] == "Basic dTpw"
    assert seen["HTTP_COOKIE"] == "a=1; b=2"
    assert seen["HTTP_X_LATIN"] == "caf\xe9"
    assert seen["HTTP_HOST"] == site.server.host()
    assert "HTTP_PROXY" not in seen


def test_the_server_and_the_scheme_are_told(site, browser):
    seen = environ(browser, "/s")
    assert (seen["wsgi.url_scheme"], seen["SERVER_PORT"]) == ("http", str(browser.port))
    assert seen["SERVER_NAME"] and seen["SERVER_PROTOCOL"] == "HTTP/1.1"
    assert seen["REMOTE_ADDR"] == "127.0.0.1"


def test_run_once_is_true_where_a_process_serves_one_request_only(site, browser):
    configuration = site.configuration
    assert environ(browser, "/r")["wsgi.run_once"] is (configuration.protocol == "cgi" and not configuration.is_kept)


def test_eight_megabytes_arrive_whole(site, browser):
    answer = browser.ask("POST", "/hash", EIGHT_MEGABYTES, {"Content-Type": "application/octet-stream"})
    assert answer.status == 200, answer
    assert answer.json() == [len(EIGHT_MEGABYTES), hashlib.sha256(EIGHT_MEGABYTES).hexdigest()]


@pytest.mark.parametrize("pieces", [[b"a few ", b"words"], [bytes([n]) * 100_000 for n in range(5)]], ids=["small", "large"])
def test_a_chunked_upload_arrives_whole(site, browser, pieces):
    answer = browser.ask("POST", "/hash", iter(pieces), chunked=True)
    assert answer.status == site.configuration.chunked, answer
    if answer.status == 200:
        whole = b"".join(pieces)
        assert answer.json() == [len(whole), hashlib.sha256(whole).hexdigest()]


def test_an_upload_that_the_app_does_not_read_loses_no_answer(site, browser):
    answer = browser.ask("POST", "/ignore", b"x" * 4_000_000)
    assert (answer.status, answer.body) == (403, b"not read\n")


# Under CGI there is a process for each request, which ends with it; the test above is about that.
@pytest.mark.only(lambda configuration: configuration.protocol != "cgi")
def test_ten_megabytes_that_the_app_ignores_lose_no_answer_fifty_times(site, browser):
    """Ending a connection with unread input is a reset, which now and then overtakes the answer: one of a hundred uploads
    behind other gateways is a 502."""
    upload = bytes(10_000_000)
    for _ in range(50):
        answer = browser.ask("POST", "/ignore", upload)
        assert (answer.status, answer.body) == (403, b"not read\n")


def test_an_empty_body_loses_no_answer(site, browser):
    # The app may answer before the server has said that the body, of no bytes, is over.
    answers = [browser.ask("POST", "/hash", b"") for _ in range(30 if site.configuration.protocol != "cgi" else 3)]
    assert [answer.status for answer in answers] == [200] * len(answers)


def test_requests_on_one_connection_do_not_mix(site, browser):
    for number in range(5):
        body = b"%d" % number * 1000 * number
        answer = browser.ask("POST", f"/hash?{number}", body)
        assert json.loads(answer.body) == [len(body), hashlib.sha256(body).hexdigest()]
