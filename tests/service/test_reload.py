"""SIGHUP: new workers take over from the old ones, and nobody who asks meanwhile notices more than the new code."""

import os
import pty
import signal
import socket
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from client import fastcgi, http, scgi

from .test_process import alive, in_background, until

APP = """
import os, time
from pathlib import Path

VERSION = {version}

def application(environ, start_response):
    path, folder = environ["PATH_INFO"], Path(environ["QUERY_STRING"])
    if path == "/gate":
        (folder / "entered").touch()
        while not (folder / "open").exists():
            time.sleep(0.01)
    elif path == "/stuck":
        time.sleep(60)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"%d %d" % (VERSION, os.getpid())]
"""


@pytest.fixture
def app(tmp_path):
    """Call it with a version, or with the whole text, to write the app."""
    path = tmp_path / "app.py"

    def write(version, text=APP):
        fresh = path.with_suffix(".fresh")
        # Longer each time: Python tells compiled files apart by the size and the second of their source.
        fresh.write_text(text.format(version=version) + "#" * (version or 1))
        fresh.rename(path)
        return str(path)

    return write


def said(service, **options):
    version, pid = scgi.ask(service.scgi, path="/", **options).body.split()
    return int(version), int(pid)


def reload(service, wanted="reloaded in"):
    size = service.log_size()
    os.kill(service.process.pid, signal.SIGHUP)
    log = service.wait_for_log(wanted, size, 20)
    assert wanted in log, log
    return log


def test_a_post_on_a_kept_connection_was_lost_as_its_worker_left(app, start_service):
    """A web server repeats no POST: who is connected to the old worker is heard out."""
    service = start_service(app(1), "--threads=2")
    with fastcgi.FastCgi(service.fastcgi) as used, fastcgi.FastCgi(service.fastcgi) as unused:
        before = [connection.ask(1, fastcgi.stock(path="/")).body.split() for connection in (used, unused)]
        app(2)
        reload(service)
        assert said(service)[0] == 2
        time.sleep(0.5)
        answer = used.ask(1, fastcgi.stock("POST", "/", length=4), b"body")
        assert answer.status == 200 and answer.body.split() == before[0]
        assert used.read_to_end() == b"", "the connection of a worker that leaves has one more request"
        assert alive(int(before[0][1])), "one that is connected was not waited for"
        begin = time.monotonic()
        assert unused.read_to_end() == b""
        assert time.monotonic() - begin < 15
    until(lambda: not alive(int(before[0][1])))


def test_a_post_was_lost_on_a_kept_connection_whose_worker_was_told_to_stop(app, start_service):
    """There is one second for it."""
    service = start_service(app(1), "--threads=2")
    with fastcgi.FastCgi(service.fastcgi) as connection:
        _, pid = connection.ask(1, fastcgi.stock(path="/")).body.split()
        os.kill(int(pid), signal.SIGTERM)
        time.sleep(0.2)
        answer = connection.ask(1, fastcgi.stock("POST", "/", length=4), b"body")
        assert answer.status == 200 and answer.body.split()[1] == pid
        assert connection.read_to_end() == b""
    begin = time.monotonic()
    until(lambda: not alive(int(pid)))
    assert time.monotonic() - begin < 4
    assert said(service)[1] != int(pid)


def test_a_worker_to_which_nobody_is_connected_leaves_at_once(app, start_service):
    service = start_service(app(1), "--threads=2")
    old = said(service)[1]
    reload(service)
    begin = time.monotonic()
    until(lambda: not alive(old))
    assert time.monotonic() - begin < 4


@pytest.mark.parametrize("workers, threads", [(1, 1), (2, 2)])
def test_no_request_is_lost_in_five_reloads_under_load(app, start_service, workers, threads):
    service = start_service(app(1), f"--workers={workers}", f"--threads={threads}")
    over, seen, lost = threading.Event(), [], []

    def ask(module, where):
        while not over.is_set():
            try:
                answer = module.ask(where, path="/")
                assert answer.status == 200 and answer.whole, answer
                seen.append(int(answer.body.split()[0]))
            except Exception as error:
                lost.append(repr(error))

    ways = [(scgi, service.scgi), (fastcgi, service.fastcgi), (http, service.http), (scgi, service.scgi_tcp)]
    with ThreadPoolExecutor(len(ways)) as pool:
        for way in ways:
            pool.submit(ask, *way)
        try:
            for version in range(2, 7):
                app(version)
                reload(service)
                # Whoever asks from now on gets the new code.
                assert {said(service)[0] for _ in range(10)} == {version}
        finally:
            over.set()
    assert not lost, lost[:3]
    assert set(seen) >= {2, 3, 4, 5} and len(seen) > 50


@pytest.mark.parametrize("mistake", ["VERSION =", "import no_such_module", "raise SystemExit(3)", "x = 1"])
def test_code_that_cannot_be_loaded_leaves_the_old_workers_serving(app, start_service, mistake):
    service = start_service(app(1), "--workers=2")
    pids = set()
    until(lambda: pids.add(said(service)[1]) or len(pids) == 2)
    app(2, mistake + "\n")
    log = reload(service, "not reloaded")
    assert "all workers go on" in log and ("Traceback" in log or "neither 'application' nor 'app'" in log)
    answers = {said(service) for _ in range(20)}
    assert {version for version, _ in answers} == {1} and {pid for _, pid in answers} <= pids
    app(3)
    reload(service)
    assert said(service)[0] == 3


def test_a_request_under_way_is_finished_by_the_worker_that_has_it(app, start_service, tmp_path):
    service = start_service(app(1))
    _, old = said(service)
    answer = in_background(lambda: scgi.ask(service.scgi, path="/gate", query=str(tmp_path)))
    until((tmp_path / "entered").exists)
    app(2)
    reload(service)
    assert said(service)[0] == 2 and alive(old)
    (tmp_path / "open").touch()
    assert answer().body == b"1 %d" % old
    until(lambda: not alive(old))
    assert service.stop() == 0


def test_a_request_that_does_not_end_is_cut_off_when_its_time_has_passed(app, start_service):
    service = start_service(app(1), "--stop-timeout=500ms")
    _, old = said(service)
    in_background(lambda: scgi.ask(service.scgi, path="/stuck"))
    time.sleep(0.3)
    reload(service)
    until(lambda: not alive(old), 15)
    assert "stop_timeout" in service.log() and said(service)[1] != old


def test_a_successor_that_hangs_is_replaced_when_told_again(app, start_service, tmp_path):
    service = start_service(app(1))
    app(2, "import time, pathlib\npathlib.Path(%r).touch()\ntime.sleep(600)\n" % str(tmp_path / "loading"))
    size = service.log_size()
    os.kill(service.process.pid, signal.SIGHUP)
    until((tmp_path / "loading").exists)
    assert said(service)[0] == 1 and "reloaded" not in service.log(size)
    app(3)
    reload(service)
    assert said(service)[0] == 3 and service.stop() == 0


def test_a_stop_in_the_middle_of_a_reload_ends_all(app, start_service, tmp_path):
    service = start_service(app(1), "--stop-timeout=1s")
    app(2, "import time, pathlib\npathlib.Path(%r).touch()\ntime.sleep(600)\n" % str(tmp_path / "loading"))
    os.kill(service.process.pid, signal.SIGHUP)
    until((tmp_path / "loading").exists)
    assert service.stop() == 0


class Terminal:
    """`janua serve` as the foreground of a terminal of its own."""

    def __init__(self, command, folder, app):
        self.where = f"unix:{folder}/s"
        self.log_file = Path(folder) / "terminal.log"
        self.keys, terminal = pty.openpty()
        take = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
        with open(self.log_file, "wb") as log:
            self.process = subprocess.Popen(
                ["python3", "-c", take, *command, "serve", f"--scgi={self.where}", app],
                stdin=terminal, stdout=log, stderr=log, start_new_session=True)  # fmt: skip
        os.close(terminal)
        until(lambda: "ready on" in self.log_file.read_text(), 20)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def test_two_quick_presses_of_ctrl_c_end_it_at_once(app, janua_command, tmp_path):
    with Terminal(janua_command, tmp_path, app(1)) as service:
        answer = in_background(lambda: scgi.ask(service.where, path="/gate", query=str(tmp_path)))
        until((tmp_path / "entered").exists)
        os.write(service.keys, b"\x03")
        until(lambda: "stopping" in service.log_file.read_text())
        os.write(service.keys, b"\x03")
        assert service.process.wait(5) == 0
        assert "told to stop again; ending at once" in service.log_file.read_text()
        assert not answer().whole
        os.close(service.keys)


def test_what_tells_a_process_and_its_group_tells_it_once(app, start_service, tmp_path):
    service = start_service(app(1))
    answer = in_background(lambda: scgi.ask(service.scgi, path="/gate", query=str(tmp_path)))
    until((tmp_path / "entered").exists)
    for number in (signal.SIGTERM, signal.SIGINT):
        os.kill(service.process.pid, number)
    time.sleep(0.3)
    (tmp_path / "open").touch()
    assert answer().whole and service.process.wait(10) == 0


def test_a_terminal_that_is_closed_ends_what_runs_in_it(app, janua_command, tmp_path):
    """The kernel's SIGHUP, and not an operator's: it must not leave a service behind that nobody sees."""
    with Terminal(janua_command, tmp_path, app(1)) as service:
        os.close(service.keys)
        assert service.process.wait(10) == 0
        assert "stopping" in service.log_file.read_text()


def test_where_a_web_server_made_the_socket_a_failed_reload_cost_a_request_its_answer(app, janua_command, tmp_path):
    """The new worker, which had no app, answered with 500 before it went: so a worker does that nobody stands in for."""
    path, log_file = tmp_path / "s", tmp_path / "log"
    with socket.socket(socket.AF_UNIX) as listener, open(log_file, "wb") as log:
        listener.bind(str(path))
        listener.listen(100)
        service = subprocess.Popen([*janua_command, "serve", "--scgi=fd:0", app(1)], stdin=listener, stderr=log)
    try:
        until(lambda: "ready on" in log_file.read_text(), 20)
        assert scgi.ask(f"unix:{path}", path="/").status == 200
        app(2, "import no_such_module\n")
        service.send_signal(signal.SIGHUP)
        seen = []
        until(lambda: seen.append(scgi.ask(f"unix:{path}", path="/").status) or "not reloaded" in log_file.read_text(), 20)
        assert set(seen) == {200}
    finally:
        service.terminate()
        service.wait(10)


def test_a_group_that_was_told_to_reload_lost_the_worker_that_was_loading(app, janua_command, tmp_path):
    """And with it the service, if that was the first."""
    path, log_file, gate = tmp_path / "s", tmp_path / "log", tmp_path / "open"
    text = (f"import time, pathlib\npathlib.Path({str(tmp_path / 'loading')!r}).touch()\n"
            f"while not pathlib.Path({str(gate)!r}).exists(): time.sleep(0.01)\n{APP}")
    with open(log_file, "wb") as log:
        service = subprocess.Popen([*janua_command, "serve", f"--scgi=unix:{path}", app(1, text)], stderr=log,
                                   start_new_session=True)
    try:
        until((tmp_path / "loading").exists)
        os.killpg(service.pid, signal.SIGHUP)
        until(lambda: "told to reload" in log_file.read_text())
        gate.touch()
        until(lambda: "reloaded in" in log_file.read_text())
        assert scgi.ask(f"unix:{path}", path="/").status == 200
    finally:
        service.terminate()
        assert service.wait(20) == 0
