"""The limits of a request that comes as a process of its own (RFC 3875)."""

from pathlib import Path

import pytest

from client import cgi

APP = str(Path(__file__).with_name("app.py"))
#: The limit of the body, in bytes.
MOST = 100 * 1024


@pytest.fixture
def program(janua_command):
    return cgi.Program([*janua_command, "cgi", "--max-body-bytes=100k", "--max-name-bytes=40", APP])


def test_a_body_as_long_as_the_limit_is_read(program):
    assert cgi.ask(program, "POST", "/read", body=b"b" * MOST).body == b"%d" % MOST


def test_a_body_that_is_announced_beyond_the_limit_is_413(program):
    answer = cgi.ask(program, "POST", "/read", body=b"b" * (MOST + 1))
    assert answer.status == 413 and answer.whole and answer.app_status == 0
    assert answer.stderr.count(b"(setting max_body_bytes)") == 1


def test_a_body_without_a_length_is_counted(program):
    answer = cgi.ask(program, "POST", "/read", body=b"b" * (MOST + 1), sized=False,
                     headers=[("Transfer-Encoding", "chunked")])
    assert answer.status == 413 and answer.whole
    assert answer.stderr.count(b"(setting max_body_bytes)") == 1 and b"Traceback" not in answer.stderr


def test_a_name_beyond_the_limit_is_431(program):
    assert cgi.ask(program, params={"HTTP_" + "X" * 35: "v"}).status == 200
    answer = cgi.ask(program, params={"HTTP_" + "X" * 36: "v"})
    assert answer.status == 431 and b"(setting max_name_bytes)" in answer.stderr
