"""The parts of `make bench-cgi` do what they say; nothing here is about how long anything takes."""

import os
import shutil
import socket
import subprocess
import threading
from pathlib import Path

import pytest

from benches.cgi.apache import rate
from benches.cgi.carried import carry
from benches.cgi.figures import BESIDE, CARRIED, HELLO, JANUA, RELAY, STARTED, TARGETS, THROUGH_APACHE, WSGIREF, Run
from benches.cgi.site import Site
from benches.cgi.started import run
from benches.cgi.table import rendered
from benches.figures import Results
from benches.load import compiled

needs_cc = pytest.mark.skipif(not shutil.which("cc"), reason="programs in C are a part of this")


@needs_cc
def test_the_relay_tells_an_scgi_server_its_environment_and_its_body(tmp_path):
    path = tmp_path / "socket"
    relay = compiled("cgi/relay", tmp_path, "relay", (f'-DSOCKET="{path}"',))
    body, got = b"x" * 300_000, []
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def serve():
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as stream:
                length = b""
                while not length.endswith(b":"):
                    length += stream.read(1)
                got.append(stream.read(int(length[:-1])))
                got.append(stream.read(1 + len(body)))
                connection.sendall(b"Status: 200 OK\r\n\r\nhello world\n")

        server = threading.Thread(target=serve)
        server.start()
        environ = {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": str(len(body)), "EMPTY": ""}
        answered = subprocess.run([relay], input=body, env=environ, stdout=subprocess.PIPE, check=True, timeout=30)
        server.join()
    assert answered.stdout == b"Status: 200 OK\r\n\r\nhello world\n"
    head, sent = got
    assert head.startswith(b"CONTENT_LENGTH\x00300000\x00SCGI\x001\x00")
    assert b"REQUEST_METHOD\x00POST\x00" in head and b"EMPTY\x00\x00" in head and head.count(b"CONTENT_LENGTH") == 1
    assert sent == b"," + body


@pytest.fixture(scope="module")
def bin(janua_command):
    """Where `janua-cgi` is, and a Python for the scripts of wsgiref. Flask need not be there."""
    found = Path(janua_command[0]).parent
    if not (found / "janua-cgi").exists():
        pytest.exit(f"no janua-cgi beside {janua_command[0]}: build both with `make`", returncode=2)
    return found


@needs_cc
def test_every_program_answers_and_large_bodies_are_carried(bin, monkeypatch):
    monkeypatch.setattr("benches.cgi.carried.SMALL", 300_000)
    with Site(bin, as_user={}) as site:  # Another user might not be able to use it.
        programs = site.programs["hello"]
        assert {site.answer(program) for program in programs.values()} == {b"hello world\n"}
        grown = carry(site, programs[JANUA], 1_000_000)
        if shutil.which("hyperfine"):
            assert run(site, programs[HELLO], 3).time > 0
        backend = int(site.answer(programs[JANUA], PATH_INFO="/pid"))
        # What only the other user could read would not do.
        assert os.stat(site.run / "backends").st_mode & 0o777 == 0o700
    assert set(grown) == {(case, process) for case, processes in CARRIED.items() for process in processes}
    assert not site.folder.exists()
    assert not Path(f"/proc/{backend}").exists()


def test_what_ab_says_is_a_rate_only_if_every_request_was_answered():
    good = "Complete requests:      8\nFailed requests:        0\nRequests per second:    812.50 [#/sec] (mean)\n"
    assert rate(good, "") == 812.5
    for bad in (
        good.replace("Failed requests:        0", "Failed requests:        3"),
        good + "Non-2xx responses:      8\n",
        "apr_socket_recv: Connection refused (111)\n",
    ):
        with pytest.raises(RuntimeError, match="Failed|Non-2xx|ab failed"):
            rate(bad, "the log")


def test_every_target_is_about_something_that_is_measured():
    measured = {(case, name) for cases in (STARTED, CARRIED) for case, names in cases.items() for name in names}
    measured |= {("apache", name) for name in THROUGH_APACHE}
    for target in TARGETS + BESIDE:
        assert {target.ours, target.theirs} - {None} <= measured, target.title


def test_the_table_says_what_is_met_and_what_is_missed():
    results = Results()
    for ours, wsgiref, relay in ((1, 30, 0.8), (1, 25, 0.5), (2, 30, 1)):
        results.add("hello", JANUA, Run(time=ours))
        results.add("hello", WSGIREF, Run(time=wsgiref))
        results.add("hello", RELAY, Run(time=relay))
    results.add("upload", "its backend", Run(growth=9))
    document = rendered(results, {"kernel": "Linux 1.2"}, rounds=3, others=0.5)
    rows = [line for line in document.partition("## Beside")[0].splitlines() if line.startswith(("| hello", "| upload"))]
    assert rows == [
        "| hello: time of wsgiref to that of janua-cgi | wsgiref 30.00 ms | janua-cgi 1.00 ms | 25.0 (15.0–30.0)"
        " | ≥ 20.00 | met |",
        "| hello: time of janua-cgi to that of a C relay to a running SCGI server | janua-cgi 1.00 ms"
        " | C relay to janua serve 0.80 ms | 2.00 (1.25–2.00) | ≤ 1.50 | **missed by 33.3 %** |",
        "| upload of 100 MB: growth of its backend | its backend 9.0 MB |  | 9.0 MB | ≤ 8 MB | **missed by 12.5 %** |",
    ]
    assert "kernel Linux 1.2" in document and "flask" not in document
