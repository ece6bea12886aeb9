"""A backend serves one app to its own user, and is the same for every request."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from client import fastcgi
from client.fastcgi import FastCgi

from .conftest import GET_VALUES, KEY, NotTaken, until


def test_requests_find_the_same_process_which_tells_the_app_the_truth(relay):
    relay = relay()
    said = [json.loads(relay.ask("/who").body) for _ in range(3)]
    assert {answer["pid"] for answer in said} == {relay.process.pid}
    assert [said[0][flag] for flag in ("multithread", "multiprocess", "run_once")] == [False, True, False]
    state = relay.state()
    assert (state.pid, state.broken, state.app) == (relay.process.pid, False, str(relay.app))
    assert abs(time.time() - state.started) < 60
    assert until(lambda: relay.state().requests == 3)
    assert stat.S_IMODE(os.stat(relay.state_file).st_mode) == 0o600
    assert sorted(path.name for path in relay.folder.iterdir()) == sorted(
        f"{KEY}.{ending}" for ending in ("socket", "state", "lock", "log"))


def test_cgi_threads_says_how_many_threads(relay):
    relay = relay(JANUA_CGI_THREADS="3", JANUA_THREADS="9", JANUA_WORKERS="2")
    assert json.loads(relay.ask("/who").body)["multithread"] is True

    def names():
        return {path.read_text().strip() for path in Path(f"/proc/{relay.process.pid}/task").glob("*/comm")}

    # The first of the three is Python's own. The last may come after the first request.
    assert until(lambda: {"janua-1", "janua-2", "janua-keeper"} <= names()), names()
    assert "janua-3" not in names()


def test_the_environment_is_the_backends_and_not_a_requests(relay, tmp_path):
    relay = relay(DATABASE_URL="db")
    found = json.loads(relay.ask("/surroundings", query="first", params={"HTTP_X": "1", "SECRET": "s"}).body)
    for environ in (found["at_import"], found["now"]):
        assert environ["DATABASE_URL"] == "db"
        assert not {"JANUA_CGI_BACKEND", "QUERY_STRING", "HTTP_X", "SECRET", "REQUEST_METHOD"} & set(environ)
    assert found["cwd"] == str(relay.app.parent)
    assert found["stdin"] == "/dev/null", "what the app starts would keep the socket open"


def test_what_is_printed_goes_to_the_backends_log_and_wsgi_errors_to_the_server(relay):
    relay = relay(PYTHONUNBUFFERED="")
    answer = relay.ask("/complain")
    assert answer.stderr == b"this goes to the server's log\n"
    assert "this goes to the app's own log" in relay.log() and "server's log" not in relay.log()


def test_a_request_is_acknowledged_before_the_app_is_called(relay, tmp_path):
    relay = relay()
    relay.ask("/who")
    with relay.begin("/gate", query=str(tmp_path)) as exchange:
        (tmp_path / "open").touch()
        assert exchange.answer().body == b"open"


def test_nothing_is_acknowledged_before_the_whole_head_is_there(relay):
    """Whoever is acknowledged does not ask another backend, so it has to be served."""
    relay = relay()
    relay.ask("/who")
    head = fastcgi.head(1, fastcgi.stock("GET", "/who"))
    with FastCgi(f"unix:{relay.socket}") as connection:
        connection.send(GET_VALUES + head[:40])
        assert connection.is_quiet(0.3)
        connection.send(head[40:])
        assert connection.record().kind == fastcgi.GET_VALUES_RESULT
        assert connection.record().kind == fastcgi.STDOUT


def test_a_half_head_is_not_acknowledged_by_a_backend_that_leaves(relay):
    relay = relay()
    relay.ask("/who")
    head = fastcgi.head(1, fastcgi.stock("GET", "/who"))
    with FastCgi(f"unix:{relay.socket}") as connection:
        connection.send(GET_VALUES + head[:40])
        assert connection.is_quiet(0.3)
        relay.process.send_signal(signal.SIGTERM)
        assert connection.read_to_end() == b""
    assert relay.ended() == 0


def test_another_user_is_turned_away(relay):
    """Even one who gets at the socket, as root does."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    relay = relay()
    relay.ask("/who")
    relay.folder.chmod(0o755)
    relay.socket.chmod(0o777)
    request = GET_VALUES + fastcgi.head(1, fastcgi.stock("GET", "/who"))
    code = (
        "import os, socket, sys\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "s = socket.socket(socket.AF_UNIX); s.settimeout(10); s.connect(sys.argv[1])\n"
        "try:\n    s.sendall(bytes.fromhex(sys.argv[2])); print(len(s.recv(100)))\n"
        "except OSError: print(0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(relay.socket), request.hex()], stdout=subprocess.PIPE)
    assert (done.returncode, done.stdout) == (0, b"0\n")
    assert "another user" in relay.log()
    assert relay.once("/who").status == 200
    assert until(lambda: relay.state().requests == 2)


def test_ten_thousand_requests_leave_nothing_behind(relay):
    relay = relay()

    def footprint():
        """The smallest of some: now and then the keeper holds a file, and the connection before is just ending."""
        found = [json.loads(relay.once("/footprint").body) for _ in range(20)]
        return {name: min(one[name] for one in found) for name in found[0]}

    relay.ask("/who")
    for _ in range(500):
        assert relay.once("/who").status == 200
    before = footprint()
    for count in range(10_000):
        answer = relay.once("/who" if count % 3 else "/echo", body=b"" if count % 3 else b"x" * 3000)
        assert answer.status == 200 and answer.whole
    # A connection whose peer does not close it goes after half a minute; what leaks never does.
    until(lambda: footprint()["descriptors"] <= before["descriptors"], seconds=45)
    after = footprint()
    assert (after["threads"], after["alive"]) == (before["threads"], before["alive"])
    assert after["memory"] - before["memory"] < 2 << 20, (before, after)


def test_a_client_that_leaves_is_noticed_at_the_next_write(relay, tmp_path):
    relay = relay()
    relay.ask("/who")
    exchange = relay.begin("/endless", query=str(tmp_path))
    assert exchange.connection.read(1000).data
    exchange.connection.close()
    until((tmp_path / "closed").exists)
    assert relay.once("/who").status == 200


def test_a_client_that_leaves_is_noticed_at_the_next_read(relay, tmp_path):
    relay = relay()
    relay.ask("/who")
    exchange = relay.begin("/reading", query=str(tmp_path), method="POST", length=10_000)
    exchange.send(b"x" * 100)
    until((tmp_path / "entered").exists)
    exchange.connection.close()
    until((tmp_path / "failed").exists)
    assert relay.once("/who").status == 200


def test_a_killed_backend_loses_only_what_it_had_taken(relay, tmp_path):
    relay = relay()
    relay.ask("/who")
    first = relay.begin("/gate", query=str(tmp_path))
    until((tmp_path / "entered").exists)
    waiting = relay.begin("/who", wait=False)
    os.kill(relay.process.pid, signal.SIGKILL)
    assert not first.answer().whole
    with pytest.raises(NotTaken):
        relay.taken(waiting)
    relay.ended()
    assert json.loads(relay.ask("/who").body)["pid"] == relay.process.pid


def test_who_waits_behind_a_stuck_request_gets_another_backend(relay, tmp_path):
    """As an app does that asks itself: under plain CGI that works."""
    relay = relay()
    relay.ask("/who")
    stuck = relay.begin("/gate", query=str(tmp_path))
    until((tmp_path / "entered").exists)
    old = relay.process
    waiting = relay.begin("/who", wait=False)
    with pytest.raises(NotTaken):
        relay.taken(waiting)
    assert json.loads(relay.ask("/who").body)["pid"] != old.pid
    assert "cgi_threads" in relay.log()
    (tmp_path / "open").touch()
    assert stuck.answer().body == b"open"
    assert old.wait(15) == 0


def test_a_stuck_request_that_nobody_waits_for_does_not_keep_its_process(relay, tmp_path):
    relay = relay(JANUA_STOP_TIMEOUT="1s")
    relay.ask("/who")
    stuck = relay.begin("/gate", query=str(tmp_path))
    until((tmp_path / "entered").exists)
    old = relay.process
    relay.start()
    time.sleep(3)
    assert old.poll() is None, "somebody waits for it"
    stuck.connection.close()
    assert old.wait(15) == 1
    assert "nobody has waited" in relay.log()


def test_what_the_app_leaves_running_does_not_keep_its_process(relay):
    relay = relay(JANUA_STOP_TIMEOUT="1s")
    assert relay.ask("/linger").status == 200
    relay.process.send_signal(signal.SIGTERM)
    relay.ended()
    assert "left running" in relay.log()
