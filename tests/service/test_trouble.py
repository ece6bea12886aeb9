"""What went wrong once: each test is named after it."""

import os
import signal
import socket
import subprocess
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from client import fastcgi, http, scgi
from client.connection import Connection
from client.fastcgi import FastCgi

from .test_process import APP, in_background, until

CGI = {"GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET", "SERVER_NAME": "localhost", "SERVER_PORT": "80",
       "SERVER_PROTOCOL": "HTTP/1.1", "SCRIPT_NAME": "", "QUERY_STRING": ""}  # fmt: skip


@pytest.fixture
def start(start_service):
    return lambda *options: start_service(APP, *options)


def resident(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def worker_of(service):
    children = Path(f"/proc/{service.process.pid}/task/{service.process.pid}/children").read_text().split()
    return int(children[0])


@pytest.mark.parametrize("way", ["fastcgi", "scgi", "http"])
def test_a_block_that_failed_was_continued_with_other_bytes(start, way):
    """The app caught the error of `write()` and wrote on: its bytes landed inside the record of the block before."""
    service = start("--progress-timeout=500ms")
    module = {"scgi": scgi, "fastcgi": fastcgi, "http": http}[way]
    with module.begin(getattr(service, way), "GET", "/swallow") as exchange:
        exchange.end()
        time.sleep(1.5)
        rest = exchange.connection.read_to_end()
    assert rest.count(b"A" * 100) > 100
    assert not any(letter * 100 in rest for letter in (b"B", b"C", b"D"))
    assert scgi.ask(service.scgi, path="/who").status == 200
    assert "the response is broken off" in service.log()


def test_a_peer_that_asked_on_and_on_stopped_the_worker(start):
    """Answers to GET_VALUES that nobody read filled the memory, and nobody else was served meanwhile."""
    service = start()
    question = fastcgi.record(fastcgi.GET_VALUES, 0, b"\x0e\x00FCGI_MAX_CONNS\x0f\x00FCGI_MPXS_CONNS") * 2000
    worker = worker_of(service)
    before = resident(worker)
    stop = threading.Event()

    def flood():
        with suppress(OSError), Connection(service.fastcgi) as connection:
            while not stop.is_set() and connection.send(question):
                pass

    thread = threading.Thread(target=flood, daemon=True)
    thread.start()
    try:
        for _ in range(10):
            began = time.monotonic()
            assert scgi.ask(service.scgi, path="/who").status == 200
            assert time.monotonic() - began < 2
            time.sleep(0.1)
        assert resident(worker) - before < 16 * 1024
    finally:
        stop.set()
        thread.join(5)
    assert "does not read the answers" in service.log()


def test_the_first_listener_starved_the_others(start):
    service = start()
    stop = threading.Event()

    def load():
        while not stop.is_set():
            http.ask(service.http, path="/who")

    # `http` stands first on the command line.
    threads = [threading.Thread(target=load, daemon=True) for _ in range(12)]
    [thread.start() for thread in threads]
    try:
        for _ in range(5):
            began = time.monotonic()
            assert fastcgi.ask(service.fastcgi_tcp, path="/who").status == 200
            assert time.monotonic() - began < 2
    finally:
        stop.set()
        [thread.join(5) for thread in threads]


def run_cgi(command, path, *options, **popen):
    env = {name: value for name, value in os.environ.items() if not name.startswith("JANUA_")}
    return subprocess.Popen(
        [*command, "cgi", *options, APP], env={**env, **CGI, "PATH_INFO": path, "REQUEST_URI": path}, **popen
    )


def test_a_cgi_reader_that_does_not_read_was_waited_for_for_ever(janua_command):
    reading, writing = os.pipe()
    with run_cgi(janua_command, "/large", "--progress-timeout=700ms", stdin=subprocess.DEVNULL, stdout=writing,
                 stderr=subprocess.PIPE) as process:  # fmt: skip
        os.close(writing)
        assert process.wait(10) == 1
        os.close(reading)
        assert b"progress_timeout" in process.stderr.read()


def test_a_cgi_program_that_is_told_to_go_did_not_close_its_response(janua_command, tmp_path):
    """Apache sends SIGTERM when the client has left, and SIGKILL three seconds later."""
    app = tmp_path / "app.py"
    app.write_text(f"""
class Body:
    def __iter__(self):
        while True:
            yield b"x" * 65536
    def close(self):
        open({str(tmp_path / "closed")!r}, "w").write("whole")

def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return Body()
""")
    reading, writing = os.pipe()
    env = {name: value for name, value in os.environ.items() if not name.startswith("JANUA_")}
    with subprocess.Popen([*janua_command, "cgi", str(app)], env={**env, **CGI, "PATH_INFO": "/", "REQUEST_URI": "/"},
                          stdin=subprocess.DEVNULL, stdout=writing, stderr=subprocess.DEVNULL) as process:  # fmt: skip
        os.close(writing)
        os.read(reading, 100)
        time.sleep(0.5)
        process.terminate()
        process.wait(3)
        os.close(reading)
    assert (tmp_path / "closed").read_text() == "whole"


def test_a_get_was_answered_only_when_stdin_ended(janua_command):
    """Some servers hand on the client's connection as stdin; so does a terminal."""
    reading, writing = os.pipe()
    began = time.monotonic()
    with run_cgi(janua_command, "/who", stdin=reading, stdout=subprocess.PIPE) as process:
        assert b"Status: 200" in process.stdout.read()
        assert process.wait(10) == 0
    assert time.monotonic() - began < 10
    os.close(writing)


def test_a_peer_with_nothing_in_flight_held_up_the_stop(start):
    service = start()
    with ExitStack() as stack:
        refused = stack.enter_context(Connection(service.scgi))
        refused.send(b"3:A\x00,")
        half = stack.enter_context(Connection(service.http))
        half.send(b"GET / HT")
        time.sleep(0.3)
        began = time.monotonic()
        assert service.stop() == 0
        assert time.monotonic() - began < 5
    assert "did not end" not in service.log()


def test_a_worker_that_died_before_it_was_ready_said_nothing(janua_command, tmp_path):
    (tmp_path / "dies.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    done = subprocess.run(
        [*janua_command, "serve", "--scgi=unix:s", "dies.py"], cwd=tmp_path, stderr=subprocess.PIPE, timeout=20
    )
    assert done.returncode != 0 and b"was ended by signal 11 before it could serve" in done.stderr


def test_a_service_that_inherits_an_ignored_sigchld_never_noticed_a_death(janua_command, tmp_path):
    where = f"unix:{tmp_path}/s"
    ignore = "import signal, os, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])"
    with subprocess.Popen(["python3", "-c", ignore, *janua_command, "serve", f"--scgi={where}", APP]) as process:
        def pid():
            try:
                return __import__("json").loads(scgi.ask(where, path="/who").body)["pid"]
            except (OSError, ValueError, AssertionError):
                return None

        first = until(pid)
        os.kill(first, signal.SIGKILL)
        assert until(lambda: pid() not in (None, first))
        process.terminate()
        assert process.wait(10) == 0


def test_a_traceback_was_lost_when_the_peer_had_gone(start, tmp_path):
    service = start()
    with FastCgi(service.fastcgi) as connection:
        head = fastcgi.head(1, fastcgi.stock(path="/leaves", query=str(tmp_path)))
        connection.send(head + fastcgi.record(fastcgi.STDIN, 1))
        until((tmp_path / "entered").exists)
    (tmp_path / "open").touch()
    assert "marker-after-the-peer" in service.wait_for_log("marker-after-the-peer")


def test_an_error_of_the_apps_own_was_taken_for_a_broken_body(start):
    service = start("--progress-timeout=700ms")
    with scgi.begin(service.scgi, "POST", "/own_error", length=100) as exchange:
        answer = exchange.answer()
    assert answer.status == 500
    log = service.wait_for_log("marker-own")
    assert "Traceback" in log and "could not be read" not in log


def test_a_part_of_a_file_was_called_too_much(start):
    service = start()
    answer = scgi.ask(service.scgi, path="/part_of_a_file")
    assert (answer.status, len(answer.body)) == (200, 10)
    assert "beyond its Content-Length" not in service.log()


def test_two_starts_at_once_took_each_others_socket(janua_command, tmp_path):
    (tmp_path / "slow.py").write_text(Path(APP).read_text() + "\ntime.sleep(2)\n")
    command = [*janua_command, "serve", f"--scgi=unix:{tmp_path}/s", "slow.py"]
    starts = []
    for _ in range(2):
        starts.append(subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE))
        time.sleep(0.7)
    first = starts[0].wait(20)
    assert first == 1 and b"taken over by another process" in starts[0].stderr.read()
    until(lambda: quiet(lambda: scgi.ask(f"unix:{tmp_path}/s", path="/who").status == 200))
    starts[1].terminate()
    assert starts[1].wait(10) == 0


def test_children_repeated_what_the_parent_had_printed(janua_command, tmp_path):
    python = Path(janua_command[0]).with_name("python")
    script = tmp_path / "script.py"
    script.write_text(f"""
import atexit, janua
def app(environ, start_response):
    start_response("200 OK", [])
    return [b"x"]
atexit.register(print, "at the end")
print("starting")
janua.serve(app, workers=2, http="unix:{tmp_path}/s")
""")
    output = tmp_path / "output"
    with open(output, "wb") as file, subprocess.Popen([python, script], stdout=file) as process:
        until(lambda: quiet(lambda: http.ask(f"unix:{tmp_path}/s").status == 200))
        time.sleep(0.5)
        process.terminate()
        assert process.wait(10) == 0
    assert output.read_text().splitlines() == ["starting", "at the end"]


def quiet(work):
    try:
        return work()
    except (OSError, AssertionError):
        return False


def test_a_script_with_several_workers_that_does_not_import_left_its_server_waiting(janua_command, tmp_path):
    (tmp_path / "broken.py").write_text("import no_such_module_anywhere\n")
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(tmp_path / "s"))
        sock.listen()
        process = subprocess.Popen(
            [*janua_command, "--workers=2", str(tmp_path / "broken.py")], stdin=sock.fileno(), stderr=subprocess.DEVNULL
        )
    assert fastcgi.ask(f"unix:{tmp_path}/s", path="/").status == 500
    assert process.wait(10) == 1


@pytest.mark.parametrize("last", ["janua.run(app)", "janua.cgi(app, thread=1)"])
def test_a_wrong_setting_of_a_function_gave_the_web_server_no_answer(janua_command, tmp_path, last):
    python = Path(janua_command[0]).with_name("python")
    script = tmp_path / "script.py"
    script.write_text(f"import janua\ndef app(environ, start_response): ...\n{last}\n")
    env = {**os.environ, **CGI, "REQUEST_URI": "/", "JANUA_THREDS": "1"}
    done = subprocess.run(
        [python, script], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=20
    )
    assert done.returncode == 1 and done.stdout.startswith(b"Status: 500 ")


def test_a_wrong_setting_left_a_fastcgi_server_waiting(janua_command, tmp_path):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(tmp_path / "s"))
        sock.listen()
        process = subprocess.Popen([*janua_command, "--thread=2", APP], stdin=sock.fileno(), stderr=subprocess.DEVNULL)
    answer = fastcgi.ask(f"unix:{tmp_path}/s", path="/")
    assert answer.status == 500 and b"threads" in answer.stderr
    assert process.wait(10) == 2


def test_a_file_called_like_a_module_of_python_took_its_place(janua_command, tmp_path):
    (tmp_path / "signal.py").write_text(Path(APP).read_text())
    where = f"unix:{tmp_path}/s"
    command = [*janua_command, "serve", f"--scgi={where}", str(tmp_path / "signal.py")]
    with subprocess.Popen(command) as process:
        until(lambda: quiet(lambda: scgi.ask(where, path="/who").status == 200))
        answer = in_background(lambda: scgi.ask(where, path="/who").status)
        assert answer() == 200
        process.terminate()
        assert process.wait(10) == 0
