"""PEP 3333, "environ Variables"."""

import threading
from pathlib import Path

from client import http


def test_environ_is_a_dict_and_no_subclass(way):
    """Specification Details: environ "must be a builtin Python dictionary (not a subclass...)"."""
    assert way.facts("environment/kind")["is_dict"]


def test_every_cgi_variable_is_a_native_string(way):
    """A Note On String Types: native strings are of the type `str`, keys as well as values."""
    found = way.facts("environment/kind", headers=[("X-One", "1")])
    assert found["odd_keys"] == [] and found["odd_values"] == []


def test_no_string_goes_beyond_latin_1(way):
    """Unicode Issues: a native string holds bytes, as code points up to U+00FF."""
    headers = [("X-Raw", "caf\xe9 \xe2\x82\xac")]
    found = way.facts("environment/kind", "/%C3%A9%E2%82%AC", query="%e2", headers=headers)
    assert found["beyond_latin1"] == []


def test_the_path_is_decoded_once_and_its_bytes_are_code_points(way):
    """Unicode Issues: `/é€%` arrives as its UTF-8 bytes read as latin-1; `%25` becomes `%` and no more."""
    found = way.facts("environment/strings", "/%C3%A9%E2%82%AC%2541")
    assert found["PATH_INFO"] == "/environment/strings/\xc3\xa9\xe2\x82\xac%41"


def test_a_path_that_is_not_utf_8_arrives_all_the_same(way):
    """Unicode Issues: the gateway knows nothing of the app's encoding."""
    assert way.facts("environment/strings", "/%FF%FE")["PATH_INFO"] == "/environment/strings/\xff\xfe"


def test_a_header_value_keeps_its_bytes(way):
    """Unicode Issues: a header of latin-1 or UTF-8 is passed byte for byte."""
    found = way.facts("environment/strings", headers=[("X-Raw", "caf\xe9 \xe2\x82\xac")])
    assert found["HTTP_X_RAW"] == "caf\xe9 \xe2\x82\xac"


def test_the_query_string_is_left_alone(way):
    """environ Variables, QUERY_STRING: the part after the `?`, undecoded."""
    query = "a=%41%2f&b=+%20&c=%c3%a9&&d;e=?x"
    assert way.facts("environment/strings", query=query)["QUERY_STRING"] == query


def test_the_query_string_is_empty_if_there_is_none(way):
    """environ Variables: QUERY_STRING may be empty or absent; janua always sets it."""
    assert way.facts("environment/strings")["QUERY_STRING"] == ""


def test_required_variables_are_there(way):
    """environ Variables: REQUEST_METHOD, SERVER_NAME, SERVER_PORT and SERVER_PROTOCOL must be there and not empty. An
    empty SCRIPT_NAME may be left out by the PEP; janua always sets it, and PATH_INFO."""
    found = way.facts("environment/strings")
    assert found["REQUEST_METHOD"] == "GET"
    assert found["SCRIPT_NAME"] == "" and found["PATH_INFO"] == "/environment/strings"
    assert found["SERVER_NAME"] and found["SERVER_PORT"].isdigit()
    assert found["SERVER_PROTOCOL"] == "HTTP/1.1"


def test_the_url_can_be_put_together_again(way):
    """URL Reconstruction: scheme, host, SCRIPT_NAME, PATH_INFO and QUERY_STRING give the URL of the request."""
    found = way.facts("environment/strings", "/a", query="b=c", headers=[("Host", "site.example")])
    scheme = way.facts("environment/wsgi")["wsgi.url_scheme"]
    path = found["SCRIPT_NAME"] + found["PATH_INFO"]
    url = scheme + "://" + found["HTTP_HOST"] + path + "?" + found["QUERY_STRING"]
    assert url == "http://site.example/environment/strings/a?b=c"


def test_the_method_is_passed_as_it_is(way):
    """environ Variables, REQUEST_METHOD: any method, also one that nobody knows."""
    assert way.facts("environment/strings", method="PROPFIND")["REQUEST_METHOD"] == "PROPFIND"


def test_request_headers_become_http_variables(way):
    """environ Variables, HTTP_ Variables: the client's header fields."""
    found = way.facts("environment/strings", headers=[("X-Some-Thing", "some value"), ("Accept", "*/*")])
    assert found["HTTP_X_SOME_THING"] == "some value" and found["HTTP_ACCEPT"] == "*/*"


def test_content_type_and_length_have_no_http_prefix(way):
    """environ Variables: CONTENT_TYPE and CONTENT_LENGTH; `HTTP_CONTENT_TYPE` must not exist."""
    found = way.facts("environment/strings", headers=[("Content-Type", "text/x")], body=b"12345")
    assert (found["CONTENT_TYPE"], found["CONTENT_LENGTH"]) == ("text/x", "5")
    assert not {"HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"} & set(found)


def test_variables_without_a_value_are_left_out(way):
    """environ Variables: "missing variables (such as REMOTE_USER when no authentication has occurred) should be left
    out". nginx sends it empty; and a GET has no CONTENT_TYPE."""
    assert not {"REMOTE_USER", "CONTENT_TYPE"} & set(way.facts("environment/strings"))


def test_wsgi_version_is_the_tuple_1_0(way):
    """environ Variables, wsgi.version."""
    found = way.facts("environment/wsgi")
    assert found["version"] == [1, 0] and found["version_is_tuple"]


def test_wsgi_variables_are_all_there(way):
    """environ Variables: the table of `wsgi.` keys, `wsgi.file_wrapper` of "Optional Platform-Specific File
    Handling", and `wsgi.input_terminated`, which later servers agreed on: the end of the body is the end of the
    file."""
    found = way.facts("environment/wsgi")
    assert set(found) >= {
        "wsgi.version", "wsgi.url_scheme", "wsgi.input", "wsgi.errors", "wsgi.multithread", "wsgi.multiprocess",
        "wsgi.run_once", "wsgi.file_wrapper", "wsgi.input_terminated",
    }
    assert found["wsgi.url_scheme"] == "http"
    assert found["wsgi.input_terminated"] is True


def test_flags_tell_the_truth(way):
    """environ Variables: multithread, multiprocess and run_once. Four threads in one process, or CGI, where each
    process serves one request and others run beside it."""
    found = way.facts("environment/wsgi")
    flags = tuple(found["wsgi." + flag] for flag in ("multithread", "multiprocess", "run_once"))
    assert flags == ((False, True, True) if way.name == "cgi" else (True, False, False))


def test_flags_of_one_thread_and_two_processes(start_service):
    """environ Variables: the flags follow `--threads` and `--workers`."""
    app = str(Path(__file__).parent / "apps" / "dispatch.py")
    service = start_service(app, "--threads", "1", "--workers", "2")
    body = http.ask(service.http, path="/environment/wsgi").body
    service.stop()
    assert b'"wsgi.multithread": false' in body and b'"wsgi.multiprocess": true' in body


def test_each_request_has_a_fresh_environ(service_way):
    """Specification Details: "the application is allowed to modify the dictionary in any way it desires": nobody else
    may notice."""
    for _ in range(8):
        assert service_way.ask("environment/spoil").body == b"spoiled"
    found = service_way.facts("environment/wsgi")
    assert found["version"] == [1, 0] and found["wsgi.url_scheme"] == "http"
    strings = service_way.facts("environment/strings")
    assert "spoiled" not in strings and "spoiled" not in strings.values()


def test_no_environ_or_input_is_used_twice(service_way):
    """Specification Details: an app may keep both for as long as it likes."""
    for _ in range(6):
        assert not service_way.facts("environment/same_object")["again"]


def test_four_requests_run_at_once(way, gate):
    """Thread Support: with four threads, four requests that wait for each other all finish."""
    answers = []

    def ask():
        answers.append(way.ask("environment/meet", headers=[gate.header]))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.body for answer in answers] == [b"met"] * 4


def test_thread_locals_live_longer_than_a_request(service_way):
    """Thread Support promises nothing here. A thread that serves again is the same thread to Python, because database
    connections hang on it."""
    counts = {}
    for _ in range(9):
        found = service_way.facts("environment/counted")
        assert found["count"] == counts.get(found["thread"], found["count"] - 1) + 1
        counts[found["thread"]] = found["count"]
    assert len(counts) <= 4
