"""What an app prints by itself goes into a file that does not grow without bound."""

import time

import pytest

from .conftest import until

CHATTY = """
import subprocess, sys, time
CHILD = '''
import time
for number in range(60):
    print("child", number, "c" * 100000, flush=True)
    time.sleep(0.1)
'''
def application(environ, start_response):
    if environ["PATH_INFO"] == "/child":
        # A program of the app's has the same file open, and goes on by itself.
        subprocess.Popen([sys.executable, "-c", CHILD])
    elif environ["PATH_INFO"] == "/long":
        open(environ["QUERY_STRING"], "w").close()
        for _ in range(80):
            sys.stderr.write("w" * 100000 + "\\n")
            time.sleep(0.1)
    else:
        sys.stderr.write("first " + "a" * 1100000 + " last\\n")
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"printed"]
"""

LIMIT = 1 << 20


@pytest.fixture
def chatty(relay, script):
    relay = relay(script(CHATTY))
    relay.old_log = relay.log_file.with_suffix(".log.1")
    return relay


def largest(relay, seconds):
    """The most that the log had while it was watched."""
    end, sizes = time.monotonic() + seconds, []
    while time.monotonic() < end:
        sizes.append(relay.log_file.stat().st_size)
        time.sleep(0.02)
    return max(sizes)


def test_a_log_that_grows_is_put_aside_while_the_app_runs(chatty):
    for _ in range(2):
        chatty.old_log.unlink(missing_ok=True)
        assert chatty.ask("/").status == 200
        until(chatty.old_log.exists)
        until(lambda: chatty.log_file.stat().st_size == 0)
        aside = chatty.old_log.read_text()
        assert len(aside) == LIMIT and aside.endswith(" last\n") and chatty.old_log.stat().st_mode & 0o777 == 0o600
    assert len(chatty.processes) == 1


def test_what_a_child_of_the_app_prints_is_bounded_as_well(chatty):
    assert chatty.ask("/child").status == 200
    assert LIMIT / 2 < largest(chatty, 4.5) < 3 * LIMIT
    assert chatty.old_log.exists() and "child" in chatty.log()


def test_a_replaced_backend_with_a_request_left_is_bounded_as_well(chatty, tmp_path):
    chatty.ask("/")
    with chatty.begin("/long", query=str(tmp_path / "entered")):
        until((tmp_path / "entered").exists)
        old = chatty.process
        chatty.start()
        assert largest(chatty, 5) < 3 * LIMIT and old.poll() is None
