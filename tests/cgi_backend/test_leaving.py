"""A backend goes when it is time, and loses nobody's request by that."""

import fcntl
import json
import os
import signal
import threading
import time

import pytest

from .conftest import NotTaken, until


def crowd(relay, path, clients, each):
    """Asks from several threads at once. Gives what was answered, and fails if anything was lost."""
    answers, failures = [], []
    lock = threading.Lock()

    def work():
        for _ in range(each):
            for attempt in range(200):
                with lock:
                    if not relay.socket.exists():
                        relay.start()
                try:
                    answer = relay.once(path)
                except NotTaken:
                    time.sleep(0.02)
                    continue
                except Exception as error:
                    failures.append(repr(error))
                    break
                (answers if answer.status == 200 and answer.whole else failures).append(answer)
                break
            else:
                failures.append("nobody took it")

    threads = [threading.Thread(target=work, daemon=True) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not failures, failures[:3]
    return answers


def test_an_idle_backend_goes_and_takes_its_files_along(relay):
    relay = relay(JANUA_CGI_IDLE_TIMEOUT="2s")
    for _ in range(3):
        relay.ask("/who")
        time.sleep(0.8)
    assert len(relay.processes) == 1, "it was not idle"
    assert relay.ended() == 0
    assert [path.suffix for path in relay.folder.iterdir()] == [".log"]
    assert "cgi_idle_timeout" in relay.log()


def test_what_a_backend_waits_for_at_its_end_does_not_stop_the_apps_threads(relay, tmp_path):
    """Somebody else has the lock of its files, which it waits for up to a second; all the time it kept Python's lock."""
    relay = relay()
    relay.ask("/beat", query=str(tmp_path / "beat"))
    until((tmp_path / "beat").exists)
    with open(relay.lock_file, "wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        told = time.monotonic()
        relay.process.send_signal(signal.SIGTERM)
        relay.ended()
    ended = time.monotonic()
    last = float((tmp_path / "beat").read_text())
    assert ended - told > 0.9, "it did not wait"
    assert ended - last < 0.5, (told, last, ended)


def test_a_long_request_is_not_idleness(relay, tmp_path):
    relay = relay(JANUA_CGI_IDLE_TIMEOUT="1s")
    relay.ask("/who")
    exchange = relay.begin("/gate", query=str(tmp_path))
    time.sleep(3)
    (tmp_path / "open").touch()
    assert exchange.answer().body == b"open"


def test_an_idle_backend_does_not_go_while_somebody_else_looks_after_it(relay):
    import fcntl

    relay = relay(JANUA_CGI_IDLE_TIMEOUT="1s")
    relay.ask("/who")
    with open(relay.lock_file, "wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        time.sleep(3)
        assert relay.process.poll() is None and relay.socket.exists()
    assert relay.ended() == 0


def test_sigterm_finishes_what_was_taken_and_frees_who_waits(relay, tmp_path):
    relay = relay()
    relay.ask("/who")
    taken = relay.begin("/gate", query=str(tmp_path))
    until((tmp_path / "entered").exists)
    waiting = relay.begin("/who", wait=False)
    relay.process.send_signal(signal.SIGTERM)
    # It has to be asked elsewhere, and learns so before the other request is done.
    with pytest.raises(NotTaken):
        relay.taken(waiting)
    until(lambda: not relay.socket.exists())
    (tmp_path / "open").touch()
    assert taken.answer().body == b"open"
    assert relay.ended() == 0
    assert not relay.state_file.exists()


def test_a_replaced_backend_finishes_what_it_has_however_long_that_takes(relay, tmp_path):
    relay = relay(JANUA_STOP_TIMEOUT="1s")
    relay.ask("/who")
    old = relay.process
    taken = relay.begin("/gate", query=str(tmp_path))
    until((tmp_path / "entered").exists)
    relay.start()
    assert json.loads(relay.once("/who").body)["pid"] == relay.process.pid
    time.sleep(4)
    (tmp_path / "open").touch()
    assert taken.answer().body == b"open"
    assert old.wait(10) == 0
    # What it leaves is its successor's.
    assert relay.socket.exists() and relay.state().pid == relay.process.pid


def test_so_many_requests_are_enough(relay):
    relay = relay(JANUA_CGI_MAX_REQUESTS="3")
    pids = [json.loads(relay.ask("/who").body)["pid"] for _ in range(3)]
    assert len(set(pids)) == 1
    assert relay.ended() == 0
    assert not relay.socket.exists()
    assert json.loads(relay.ask("/who").body)["pid"] not in pids


def test_none_is_lost_when_enough_is_reached_under_load(relay):
    relay = relay(JANUA_CGI_MAX_REQUESTS="50")
    answers = crowd(relay, "/who", 8, 100)
    assert len(answers) == 800
    pids = {json.loads(answer.body)["pid"] for answer in answers}
    assert len(pids) > 3
    assert len(pids) == len(relay.processes)


def test_none_is_lost_when_backends_are_replaced_under_load(relay):
    relay = relay()
    relay.ask("/who")
    over = threading.Event()

    def replace():
        while not over.wait(0.7):
            relay.start()

    thread = threading.Thread(target=replace, daemon=True)
    thread.start()
    try:
        assert len(crowd(relay, "/who", 4, 400)) == 1600
    finally:
        over.set()
        thread.join(10)
    # Only the last is left.
    for process in relay.processes[:-1]:
        assert process.wait(15) == 0


def test_too_much_memory_is_given_back(relay):
    relay = relay(JANUA_CGI_MAX_MEMORY="60MiB")
    relay.ask("/who")
    time.sleep(2.5)
    assert relay.process.poll() is None, "it does not need that much"
    assert relay.once("/grow").body == b"grown"
    assert relay.ended() == 0
    assert "cgi_max_memory" in relay.log() and not relay.socket.exists()


def test_a_state_that_was_swept_away_comes_back(relay):
    relay = relay()
    relay.ask("/who")
    relay.state_file.unlink()
    assert until(relay.state).pid == relay.process.pid
