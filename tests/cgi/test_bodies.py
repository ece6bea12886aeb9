"""Bodies of requests and answers: large ones, slow ones, and those of which an end is missing."""

import fcntl
import hashlib
import os
import re
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

from client import cgi

from .conftest import is_alive, until

MB = 1024 * 1024

ENVIRON = {"PATH": os.environ["PATH"], "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "POST", "QUERY_STRING": "",
           "SERVER_PROTOCOL": "HTTP/1.1", "SERVER_NAME": "x", "SERVER_PORT": "80", "SCRIPT_NAME": ""}  # fmt: skip


def begin(script, path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **variables):
    variables = {name: str(value) for name, value in variables.items()}
    return subprocess.Popen([str(script)], stdin=stdin, stdout=stdout, stderr=subprocess.PIPE, bufsize=0,
                            env={**ENVIRON, "PATH_INFO": path, **variables}, cwd=script.parent)  # fmt: skip


def peak(pid):
    """The most memory that the process had so far, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) * 1024 if found else 0


def test_100_mb_up_are_intact_and_take_no_memory(site):
    script = site.script()
    site.pid(script)
    block = os.urandom(MB)
    process = begin(script, "/digest", CONTENT_LENGTH=100 * MB)
    digest = hashlib.sha256()
    most = 0
    for _ in range(100):
        digest.update(block)
        view = memoryview(block)
        while view:
            view = view[process.stdin.write(view):]
        most = max(most, peak(process.pid))
    out, _ = process.communicate(timeout=60)
    assert out.endswith(f"{100 * MB} {digest.hexdigest()}".encode()) and process.returncode == 0
    assert 0 < most < 4 * MB


def test_100_mb_down_are_intact_and_take_no_memory(site):
    script = site.script()
    site.pid(script)
    process = begin(script, "/blocks", QUERY_STRING=1600, REQUEST_METHOD="GET")
    head, _, rest = process.stdout.read(65536).partition(b"\r\n\r\n")
    digest, size, most = hashlib.sha256(rest), len(rest), 0
    while block := process.stdout.read(MB):
        digest.update(block)
        size += len(block)
        most = max(most, peak(process.pid))
    assert process.wait(30) == 0 and size == 1600 * 65536
    wanted = hashlib.sha256()
    for number in range(1600):
        wanted.update(bytes([number % 256]) * 65536)
    assert digest.digest() == wanted.digest()
    assert 0 < most < 4 * MB


def test_a_body_in_small_pieces(site):
    script = site.script()
    process = begin(script, "/echo", CONTENT_LENGTH=20)
    for number in range(20):
        process.stdin.write(b"%c" % (65 + number))
        time.sleep(0.01)
    # stdin stays open: the length is what counts.
    assert process.stdout.read(1000).endswith(b"ABCDEFGHIJKLMNOPQRST")
    assert process.wait(30) == 0


def test_not_a_byte_is_read_beyond_the_body(site):
    script = site.script()
    reader, writer = os.pipe()
    os.write(writer, b"bodynext")
    process = begin(script, "/echo", stdin=reader, CONTENT_LENGTH=4)
    out, _ = process.communicate(timeout=30)
    assert out.endswith(b"body") and os.read(reader, 100) == b"next"
    os.close(reader), os.close(writer)


def test_a_body_of_unknown_length_ends_with_stdin(site):
    script = site.script()
    process = begin(script, "/echo", HTTP_TRANSFER_ENCODING="chunked")
    out, _ = process.communicate(b"all of it", timeout=30)
    assert out.endswith(b"all of it")


def test_without_a_length_stdin_is_not_waited_for(site):
    script = site.script()
    process = begin(script, "/echo")
    assert process.stdout.read(1000).startswith(b"Status: 200")
    assert process.wait(30) == 0


def test_a_body_that_is_cut_is_refused_with_and_without_a_backend(site):
    script = site.script()
    answers = []
    for mode in ("works", "ends"):
        site.mode(mode)
        process = begin(script, "/echo", CONTENT_LENGTH=10, LC_ALL=mode)
        out, errors = process.communicate(b"short", timeout=30)
        answers.append((out, process.returncode))
        assert b"the request's body could not be read" in errors
    assert answers[0] == answers[1] and answers[0][0].startswith(b"Status: 400 ")
    assert len(site.started("process")) == 1


def test_a_body_that_never_ends_does_not_keep_the_answer(site):
    """The client goes on sending to an app that has answered; the server reads the answer, then closes."""
    script = site.script()
    process = begin(script, "/", HTTP_TRANSFER_ENCODING="chunked")
    stop = threading.Event()

    def send():
        try:
            while not stop.is_set():
                process.stdin.write(bytes(4096))
                time.sleep(0.001)
        except BrokenPipeError:
            pass

    sender = threading.Thread(target=send)
    sender.start()
    try:
        assert process.stdout.read(100_000).endswith(b"hello\n")
        # The end of the answer can be seen while the body still comes.
        assert process.stdout.read(1) == b"" and process.poll() is None
    finally:
        stop.set()
        sender.join()
    process.stdin.close()
    assert process.wait(30) == 0


def test_a_body_that_stalls_does_not_keep_the_answer(site):
    script = site.script()
    process = begin(script, "/", CONTENT_LENGTH=1000)
    assert process.stdout.read(100_000).endswith(b"hello\n") and process.stdout.read(1) == b""
    process.stdin.close()
    assert process.wait(30) == 0


@pytest.mark.parametrize("path", ["/", "/echo", "/digest"])
def test_a_server_that_sends_all_before_it_reads_anything(site, path):
    """mod_cgid: one socket for both ways, and the answer is read when the body is gone."""
    script = site.script()
    body = os.urandom(3 * MB)
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            process = begin(script, path, stdin=theirs, stdout=theirs, CONTENT_LENGTH=len(body))
        ours.settimeout(30)
        ours.sendall(body)
        ours.shutdown(socket.SHUT_WR)
        answer = b""
        while block := ours.recv(65536):
            answer += block
    assert process.wait(30) == 0
    head, _, rest = answer.partition(b"\r\n\r\n")
    wanted = {"/": b"hello\n", "/echo": body, "/digest": f"{len(body)} {hashlib.sha256(body).hexdigest()}".encode()}
    assert rest == wanted[path]


def test_an_answer_that_comes_before_the_body_over_pipes_that_nobody_reads_yet(site):
    script = site.script()
    site.mode("answers-early")
    process = begin(script, "/", CONTENT_LENGTH=MB)
    # Neither pipe holds as much as is on its way.
    fcntl.fcntl(process.stdout, 1031, 4096)
    view = memoryview(bytes(MB))
    while view:
        view = view[process.stdin.write(view[:65536]):]
    out, _ = process.communicate(timeout=30)
    assert out == b"Status: 200 OK\r\n\r\n" + b"x" * 40000 and process.returncode == 0


def test_descriptors_that_do_not_block(site):
    """Some servers give their own ends' flags away."""
    script = site.script()
    (stdin, to_stdin), (from_stdout, stdout) = os.pipe(), os.pipe()
    for descriptor in (stdin, stdout):
        os.set_blocking(descriptor, False)
    process = begin(script, "/blocks", stdin=stdin, stdout=stdout, QUERY_STRING=100, CONTENT_LENGTH=5)
    os.close(stdin), os.close(stdout)
    time.sleep(0.5)
    os.write(to_stdin, b"12345")
    size = 0
    while block := os.read(from_stdout, 65536):
        size += len(block)
        time.sleep(0.002)
    os.close(to_stdin), os.close(from_stdout)
    assert process.wait(30) == 0 and size > 100 * 65536


def test_a_client_that_left_is_noticed_while_nothing_is_written(site):
    script = site.script()
    process = begin(script, "/slow", QUERY_STRING=5, REQUEST_METHOD="GET")
    time.sleep(1)
    process.stdout.close()
    start = time.monotonic()
    assert process.wait(10) == 1 and time.monotonic() - start < 3


def test_an_app_whose_client_left_is_told_by_its_next_block(site):
    script = site.script()
    mark = site.folder / "mark"
    process = begin(script, "/half", QUERY_STRING=mark, REQUEST_METHOD="GET")
    assert process.stdout.read(1000)
    process.stdout.close()
    assert process.wait(10) == 1
    until(mark.exists)
    assert mark.read_text() == "closed" and site.ask(script).body == b"hello\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_server_that_ends_the_process(site, number):
    script = site.script()
    mark = site.folder / "mark"
    with cgi.begin(site.program(script), path="/half", query=str(mark)) as exchange:
        exchange.connection.read(1000)
        exchange.connection.process.send_signal(number)
        assert exchange.connection.wait() == -number
    until(mark.exists)
    assert is_alive(site.started("backend")[0]) and site.ask(script).body == b"hello\n"


def test_a_body_beyond_the_limit_is_413_from_a_kept_app_as_well(site):
    script = site.script("app.cgi", '# janua: max_body_bytes = "100k"')
    before = site.pid(script)
    with cgi.begin(site.program(script), "POST", "/digest", length=3 * MB) as exchange:
        exchange.send_all(b"b" * 3 * MB)
        answer = exchange.answer()
    assert answer.status == 413 and answer.whole
    # mod_cgid sends no length with a body in chunks.
    answer = site.ask(script, "/digest", method="POST", body=b"b" * MB, sized=False,
                      headers=[("Transfer-Encoding", "chunked")])
    assert answer.status == 413 and b"(setting max_body_bytes)" in answer.stderr
    assert site.ask(script, "/echo", method="POST", body=b"b" * 100_000).body == b"b" * 100_000
    assert site.pid(script) == before
