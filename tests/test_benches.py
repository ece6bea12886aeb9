"""The parts of `make bench` do what they say; nothing here is about how long anything takes."""

import http.server
import io
import itertools
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from benches.accounting import CpuMeter, family, memory, workers
from benches.app import application
from benches.cases import CASES
from benches.figures import Figures, Results
from benches.idle import exchange, request
from benches.load import Loader, compiled
from benches.servers import Server, floor, janua, uwsgi
from benches.table import rendered
from benches.targets import TARGETS

needs_cc = pytest.mark.skipif(not shutil.which("cc"), reason="the load and the floor are programs in C")

#: Uses 0.3 s of CPU time in a child, which says so, and ends with its input.
BUSY_CHILD = """
import subprocess, sys, time
busy = '''
import sys, threading, time
def burn():
    while time.process_time() < 0.3: pass
thread = threading.Thread(target=burn); thread.start(); thread.join()
print("done", flush=True); sys.stdin.read()
'''
subprocess.run([sys.executable, "-c", busy])
print("alone", flush=True); time.sleep(60)
"""


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("programs")
    return {name: compiled(name, folder) for name in ("load", "floor")}


@pytest.fixture
def parent():
    """A process that does nothing but wait for a busy child."""
    with subprocess.Popen([sys.executable, "-c", BUSY_CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield process
        process.stdin.close()
        process.kill()


def test_cpu_time_of_a_child_counts_even_if_its_thread_has_ended(parent):
    meter = CpuMeter(parent.pid)
    assert parent.stdout.readline() == b"done\n"
    assert 0.25e9 < meter.nanoseconds() < 10e9


def test_a_child_that_died_is_not_forgotten_silently(parent):
    parent.stdout.readline()
    meter = CpuMeter(parent.pid)
    _, child = family(parent.pid)
    assert workers(parent.pid) == [child]
    assert memory([child]) > 1_000_000
    parent.stdin.close()
    assert parent.stdout.readline() == b"alone\n"
    with pytest.raises(ProcessLookupError):
        meter.nanoseconds()


def test_every_app_answers_what_its_case_expects(tmp_path, monkeypatch):
    for case in CASES:
        environ = {"PATH_INFO": case.path}
        if case.body:
            environ.update(CONTENT_LENGTH=str(len(case.body)), **{"wsgi.input": io.BytesIO(case.body)})
        if case.path == "/file":
            (tmp_path / "file").write_bytes(case.expected)
            monkeypatch.setattr("benches.app.FILE", tmp_path / "file")
        said = []
        body = b"".join(application(environ, lambda status, headers: said.append((status, dict(headers)))))
        ((status, headers),) = said
        assert (status, body) == ("200 OK", case.expected), case.name
        assert int(headers.get("Content-Length", len(body))) == len(body), case.name


class Pages(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    numbers = itertools.count(1)

    def do_GET(self):
        number = next(self.numbers)
        if self.path == "/missing":
            return self.send_error(404)
        self.send_response(200)
        if self.path == "/chunked":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            return self.wfile.write(b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")
        self.send_header("Content-Length", "11")
        self.end_headers()
        # One in ten of /moody differs in one byte.
        wrong = self.path == "/moody" and number % 10 == 0
        self.wfile.write(b"hello World" if wrong else b"hello world")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def port():
    Pages.numbers = itertools.count(1)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@needs_cc
@pytest.mark.parametrize(
    "path, failed, why",
    [("/", 0, ""), ("/chunked", 0, ""), ("/missing", 40, "status 404"), ("/moody", 4, "a body that differs")],
)
def test_the_load_checks_every_answer(programs, port, tmp_path, path, failed, why):
    expected = tmp_path / "expected"
    expected.write_bytes(b"hello world")
    load = Loader(programs["load"]).run(port, path, 4, 40, expected)
    assert (load.requests, load.failed) == (40, failed)
    assert load.first_failure.startswith(why) and bool(load.first_failure) == bool(why)
    assert next(Pages.numbers) == 41
    assert 0 < load.p50 <= load.p99 <= load.longest


@needs_cc
def test_the_load_sends_bodies_and_can_be_slow(programs, port, tmp_path):
    body = tmp_path / "body"
    body.write_bytes(bytes(range(256)) * 256)
    load = Loader(programs["load"]).run(port, "/", 1, 20, body, body=body, every=5000)
    assert (load.requests, load.failed) == (20, 0)
    assert load.seconds > 0.09


@needs_cc
def test_the_floor_answers_requests_in_pieces_in_both_protocols(programs, tmp_path):
    scgi = b"CONTENT_LENGTH\x000\x00SCGI\x001\x00"
    for protocol, message in (("scgi", b"%d:%s," % (len(scgi), scgi)), ("fastcgi", request())):
        path = tmp_path / protocol
        server = Server([programs["floor"], protocol, path], path, tmp_path / "log")
        try:
            server.wait()
            for length in (1, 20, len(message) - 1):
                with socket.socket(socket.AF_UNIX) as connection:
                    connection.settimeout(20)
                    connection.connect(str(path))
                    connection.sendall(message[:length])
                    time.sleep(0.05)  # Enough, usually, for the first piece to arrive alone.
                    connection.sendall(message[length:])
                    if protocol == "scgi":
                        assert connection.makefile("rb").read().endswith(b"\r\n\r\nhello world\n")
                    else:
                        assert b"hello world\n" in connection.recv(1000)
                        exchange(connection)
        finally:
            server.stop()


def test_every_target_is_about_something_that_is_measured():
    measured = {(case.name, back_end) for case in CASES for back_end in case.back_ends}
    measured |= {("after", back_end) for _, back_end in measured}
    for target in [target for targets in TARGETS.values() for target in targets]:
        assert {target.ours, target.theirs, target.floor} - {None} <= measured, target.title


def figures(cpu, failed=0, rate=10_000):
    why = "status 502" if failed else ""
    return Figures(cpu, rate, p50=0.5, p99=2, memory=5, family=9, failed=failed, first_failure=why)


def test_the_table_says_what_is_met_and_what_is_missed_and_by_how_much():
    results = Results()
    for ours, theirs in ((8, 10), (9, 10), (99, 100)):
        results.add("hello", janua("scgi", 1), figures(ours, rate=9_000))
        results.add("hello", uwsgi("scgi", 1), figures(theirs))
        results.add("hello", floor("scgi"), figures(theirs / 2))
        results.add("hello", janua("fastcgi", 1), figures(2, rate=12_000))
        results.add("hello", uwsgi("fastcgi", 1), figures(10, failed=1))
    document = rendered(results, {"kernel": "Linux 1.2"}, rounds=3, cpus=2, others=0.01)
    rows = dict(line[2:].split(" | ", 1) for line in document.splitlines() if line.startswith("| hello, "))
    # The median of the rounds' ratios, which one bad round does not move.
    assert rows == {
        "hello, SCGI, 1 thread": "9.0 µs | 10.0 µs | 0.90 (0.80–0.99) | ≤ 0.85 | **missed by 5.9 %** | 0.50 |",
        "hello, FastCGI, 1 thread": "2.0 µs | 10.0 µs | 0.20 (0.20–0.20) | ≤ 0.50 | met |  |",
        "hello, SCGI, 1 thread, 16 connections": (
            "9,000 /s | 10,000 /s | 0.90 (0.90–0.90) | ≥ 1.00 | **missed by 10.0 %** |  |"
        ),
        "hello, FastCGI, 1 thread, 16 connections": "12,000 /s | 10,000 /s | 1.20 (1.20–1.20) | ≥ 1.00 | met |  |",
    }
    (missed,) = [line for line in document.splitlines() if line.startswith("- CPU time")]
    assert "0.90 where ≤ 0.85 is wanted" in missed
    assert "**3**: status 502" in document
    assert "kernel Linux 1.2" in document
    assert "page" not in document, "a case that was not measured"


def test_a_failed_request_of_janua_is_a_missed_target():
    results = Results()
    results.add("hello", janua("scgi", 1), figures(1, failed=2))
    assert "**2 requests to janua failed**" in rendered(results, {}, rounds=1, cpus=2, others=0)


def test_the_programs_are_kept_as_source_only():
    kept = {path.suffix for path in (Path(__file__).parent.parent / "benches").iterdir() if path.is_file()}
    assert kept <= {".py", ".c", ".md", ".txt"}
