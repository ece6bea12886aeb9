"""What arrives at the app is what was asked for, over every protocol."""

import hashlib

import pytest

PARAMS = ["fastcgi", "scgi"]


def test_a_path_arrives_decoded_once_and_the_query_as_it_was(ask, back_end):
    environ = ask(back_end, "/a%20b%2520/%C3%A9?q=%20&r=/").said()["environ"]
    assert environ["REQUEST_METHOD"] == "GET"
    assert environ["SCRIPT_NAME"] == ""
    assert environ["PATH_INFO"] == "/a b%20/\u00c3\u00a9"
    assert environ["QUERY_STRING"] == "q=%20&r=/"
    assert environ["SERVER_PROTOCOL"] == "HTTP/1.1"
    assert environ["HTTP_USER_AGENT"].startswith("janua/")


def test_without_a_path_it_is_the_root(ask, back_end):
    assert ask(back_end).said()["environ"]["PATH_INFO"] == "/"


def test_data_is_posted_as_a_form(ask, back_end):
    said = ask(back_end, "-d", "a=b&c=d").said()
    assert said["environ"]["REQUEST_METHOD"] == "POST"
    assert said["environ"]["CONTENT_TYPE"] == "application/x-www-form-urlencoded"
    assert (said["environ"]["CONTENT_LENGTH"], said["length"]) == ("7", 7)


def test_no_data_is_a_body_of_no_bytes(ask, back_end):
    said = ask(back_end, "-d", "").said()
    assert (said["environ"]["REQUEST_METHOD"], said["length"]) == ("POST", 0)


def test_a_file_of_3_mb_arrives_as_it_is(ask, back_end, tmp_path):
    data = bytes(range(256)) * 12_000
    (tmp_path / "data").write_bytes(data)
    said = ask(back_end, "-X", "PUT", "-H", "content-type: a/b", "-d", f"@{tmp_path}/data", "/up").said()
    assert said["length"] == len(data) and said["digest"] == hashlib.sha256(data).hexdigest()
    assert (said["environ"]["REQUEST_METHOD"], said["environ"]["CONTENT_TYPE"]) == ("PUT", "a/b")


def test_stdin_can_be_the_body(ask, back_end):
    said = ask(back_end, "-d", "@-", data=b"line\r\nline\0").said()
    assert said["digest"] == hashlib.sha256(b"line\r\nline\0").hexdigest()


def test_an_answer_to_a_body_that_nobody_reads_is_shown(ask, back_end, tmp_path):
    (tmp_path / "data").write_bytes(bytes(3_000_000))
    done = ask(back_end, "-d", f"@{tmp_path}/data", "/unread")
    assert (done.status, done.out) == (22, b"no\n")


def test_headers_are_added_replaced_and_left_out(ask, back_end):
    said = ask(back_end, "-H", "X-A: 1", "-H", "Host: example.com", "-H", "accept:").said()["environ"]
    assert (said["HTTP_X_A"], said["HTTP_HOST"]) == ("1", "example.com")
    assert "HTTP_ACCEPT" not in said


def test_http_can_send_chunks(ask, service):
    said = ask(f"http:{service.http}", "-H", "Transfer-Encoding: chunked", "-d", "a=b").said()
    assert said["length"] == 3 and "CONTENT_LENGTH" not in said["environ"]


@pytest.mark.parametrize("protocol", PARAMS)
def test_the_mount_is_divided_from_the_path(ask, service, protocol):
    where = f"{protocol}:{getattr(service, protocol)}"
    environ = ask(where, "--script-name", "/app", "/app/x%20y?z").said()["environ"]
    assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == ("/app", "/x y")
    done = ask(where, "--script-name", "/app", "/apple")
    assert done.status == 2 and "/app/apple" in done.line()


@pytest.mark.parametrize("protocol", PARAMS)
def test_parameters_are_replaced_added_emptied_and_left_out(ask, service, protocol):
    environ = ask(
        f"{protocol}:{getattr(service, protocol)}", "--param", "SERVER_NAME=example.com", "--param", "X_NEW=a=b",
        "--param", "QUERY_STRING=", "--no-param", "HTTP_ACCEPT", "/?q",
    ).said()["environ"]  # fmt: skip
    assert environ["SERVER_NAME"] == "example.com" and environ["X_NEW"] == "a=b"
    assert "HTTP_ACCEPT" not in environ


def test_what_http_cannot_carry_is_refused(ask, service):
    for words in (["--param", "A=b"], ["--script-name", "/app"], ["--no-param", "HTTP_HOST"]):
        done = ask(f"http:{service.http}", *words)
        assert done.status == 2 and "HTTP carries no parameters" in done.line()


def test_what_is_sent_can_be_shown(ask, service):
    done = ask(f"scgi:{service.scgi}", "-v", "--param", "X_NEW=1", "/a?b")
    assert done.status == 0
    lines = done.err.splitlines()
    assert lines[0] == "> CONTENT_LENGTH=0"
    assert "> REQUEST_URI=/a?b" in lines and lines[-1] == "> X_NEW=1"
    assert ask(f"http:{service.http}", "-v", "/a?b").err.startswith("> GET /a?b HTTP/1.1\n> Host: ")
