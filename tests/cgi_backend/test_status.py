"""`janua cgi-status` as a user sees it."""

import json
import os
import signal
import socket
import subprocess

import pytest

from .conftest import KEY, until


@pytest.fixture
def status(janua_command):
    def ask(relay, *arguments, status=0):
        environ = {name: value for name, value in os.environ.items() if not name.startswith("JANUA_")}
        done = subprocess.run(
            [*janua_command, "cgi-status", f"--cgi-folder={relay.folder}", *arguments], env=environ,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)  # fmt: skip
        assert done.returncode == status, done
        return done.stdout.decode() if status == 0 else done.stderr.decode()

    return ask


def test_it_shows_what_there_is(relay, status):
    relay = relay()
    assert status(relay).startswith("no app of this user is kept loaded")
    assert json.loads(status(relay, "--json")) == []
    relay.ask("/who")
    until(lambda: relay.state().requests == 1)
    (said,) = json.loads(status(relay, "--json"))
    assert (said["app"], said["pid"], said["requests"]) == (str(relay.app), relay.process.pid, 1)
    assert said["state"] == "serving" and said["memory"] > 5 << 20 and 0 <= said["age"] < 60
    head, line, log = status(relay).splitlines()
    assert head.split() == ["PID", "AGE", "REQUESTS", "MEMORY", "STATE", "APP"]
    assert line.split()[0] == str(relay.process.pid) and line.endswith(str(relay.app))
    assert log == f"    log: {relay.log_file}" and said["log"] == str(relay.log_file)
    assert relay.once("/who").status == 200, "to be looked at does no harm"


def test_a_broken_and_an_outdated_backend_are_called_so(relay, script, status):
    relay = relay(script("raise RuntimeError('no, not today')\n"))
    relay.ask("/")
    (said,) = json.loads(status(relay, "--json"))
    assert (said["state"], said["reason"]) == ("broken", "RuntimeError: no, not today")
    assert status(relay).splitlines()[2:] == ["    reason: RuntimeError: no, not today", f"    log: {relay.log_file}"]
    relay.app.touch()
    assert json.loads(status(relay, "--json"))[0]["state"] == "outdated"


def test_a_backend_is_ended_and_finishes_what_it_has(relay, status, tmp_path):
    relay = relay()
    relay.ask("/who")
    exchange = relay.begin("/gate", query=str(tmp_path))
    until((tmp_path / "entered").exists)
    said = status(relay, "--stop", "app.py")
    assert "ends when its last request is answered" in said
    (tmp_path / "open").touch()
    assert exchange.answer().body == b"open"
    assert relay.ended() == 0


def test_only_what_is_named_is_ended(relay, status):
    relay = relay()
    relay.ask("/who")
    assert "no such app is kept loaded" in status(relay, "--stop", "other.py", status=1)
    assert relay.process.poll() is None
    relay_process = relay.process
    # Somebody has to take leave of it, or it stays as a zombie.
    import threading

    threading.Thread(target=relay_process.wait, daemon=True).start()
    assert f"{relay.app} (process {relay_process.pid}): ended" in status(relay, "--stop")
    assert [path.name for path in relay.folder.iterdir() if path.suffix not in (".lock", ".log")] == []


def test_what_a_killed_backend_left_is_shown_and_removed(relay, status):
    relay = relay()
    relay.ask("/who")
    os.kill(relay.process.pid, signal.SIGKILL)
    relay.ended()
    assert json.loads(status(relay, "--json"))[0]["state"] == "gone"
    assert relay.socket.exists(), "to look changes nothing"
    assert "was gone; its files are removed" in status(relay, "--stop")
    assert not relay.socket.exists() and not relay.state_file.exists()


def test_a_state_that_names_somebody_else_gets_him_no_signal(relay, status):
    relay = relay()
    bystander = subprocess.Popen(["sleep", "60"])
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(relay.socket))
            listener.listen()
            relay.state_file.write_text(
                f"janua-cgi 1\npid {bystander.pid}\nstarted 1\nbroken 0\nrequests 1\napp /x.py\n")
            assert "not ended" in status(relay, "--stop", status=1)
        assert "was gone" in status(relay, "--stop")
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_folder_that_others_can_get_into_is_refused(relay, status):
    relay = relay()
    relay.folder.chmod(0o755)
    assert "is not used: its mode is 0755" in status(relay, status=1)
    assert not list(relay.folder.glob(f"{KEY}*"))
