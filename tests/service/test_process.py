"""The service as an operator sees it: processes, signals, sockets."""

import json
import os
import signal
import socket
import stat
import subprocess
import threading
import time
from pathlib import Path

import pytest

from client import fastcgi, http, scgi
from client.connection import Connection
from client.patience import until
from client.ports import free_port

APP = str(Path(__file__).with_name("app.py"))
ASK = {"http": http.ask, "scgi": scgi.ask, "fastcgi": fastcgi.ask}


@pytest.fixture
def start(start_service):
    return lambda *options: start_service(APP, *options)


@pytest.fixture(scope="module")
def service(start_service):
    return start_service(APP)


def who(service):
    return json.loads(http.ask(service.http, path="/who").body)


def in_background(work):
    """Runs `work` in a thread; call the result to wait for what it gave."""
    results = []
    thread = threading.Thread(target=lambda: results.append(work()), daemon=True)
    thread.start()

    def result():
        thread.join(30)
        assert results, "no answer"
        return results[0]

    return result


@pytest.mark.parametrize("options, multithread, multiprocess", [
    ([], False, False),
    (["--threads=3"], True, False),
    (["--workers=2"], False, True),
])
def test_the_flags_tell_the_truth(start, options, multithread, multiprocess):
    said = who(start(*options))
    assert (said["multithread"], said["multiprocess"], said["run_once"]) == (multithread, multiprocess, False)


def test_a_worker_that_is_killed_is_replaced(start):
    service = start()
    first = who(service)["pid"]
    os.kill(first, signal.SIGKILL)
    assert until(lambda: answered(service)) != first
    assert f"worker {first} was ended by signal 9" in service.log()


def answered(service):
    try:
        return who(service)["pid"]
    except (OSError, ValueError):
        return None


def test_a_worker_that_keeps_dying_is_replaced_ever_more_slowly(start):
    service = start()
    for wanted in (100, 200, 400):
        until(lambda: answered(service))
        size = service.log_size()
        with pytest.raises((OSError, AssertionError)):
            assert http.ask(service.http, path="/die").status == 200
        log = service.wait_for_log("another starts in", size)
        assert f"another starts in {wanted} ms" in log


def test_other_workers_go_on_when_one_dies(start):
    service = start("--workers=2")
    pids = set()
    until(lambda: pids.add(who(service)["pid"]) or len(pids) == 2)
    os.kill(pids.pop(), signal.SIGKILL)
    assert all(who(service)["pid"] for _ in range(20))


def test_workers_end_when_the_supervisor_is_killed(start):
    service = start("--workers=2")
    pids = set()
    until(lambda: pids.add(who(service)["pid"]) or len(pids) == 2)
    service.process.kill()
    service.process.wait()
    until(lambda: not any(alive(pid) for pid in pids))


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("threads", [1, 2])
def test_requests_in_flight_finish_when_the_service_is_told_to_stop(start, tmp_path, number, threads):
    service = start(f"--threads={threads}")
    answer = in_background(lambda: scgi.ask(service.scgi, path="/gate", query=str(tmp_path)))
    until((tmp_path / "entered").exists)
    os.kill(service.process.pid, number)
    time.sleep(0.3)
    (tmp_path / "open").touch()
    assert answer().body == b"open"
    assert service.process.wait(10) == 0
    assert not any(Path(where[5:]).exists() for where in service.sockets() if where.startswith("unix:"))


def test_ctrl_c_works_with_connections_that_do_nothing(start):
    """A browser opens connections in advance; they once kept the service from ending."""
    service = start()
    with Connection(service.http), Connection(service.scgi), Connection(service.fastcgi):
        time.sleep(0.2)
        os.kill(service.process.pid, signal.SIGINT)
        assert service.process.wait(5) == 0


def test_a_stuck_request_is_cut_off_when_its_time_has_passed(start):
    service = start("--stop-timeout=500ms")
    in_background(lambda: scgi.ask(service.scgi, path="/stuck"))
    time.sleep(0.3)
    began = time.monotonic()
    service.stop()
    assert 0.4 < time.monotonic() - began < 6
    assert "stop_timeout" in service.log()


def test_a_second_signal_ends_it_at_once(start):
    service = start()
    in_background(lambda: scgi.ask(service.scgi, path="/stuck"))
    time.sleep(0.3)
    os.kill(service.process.pid, signal.SIGINT)
    time.sleep(0.8)
    assert service.process.poll() is None
    os.kill(service.process.pid, signal.SIGINT)
    assert service.process.wait(5) == 0


def test_ctrl_c_became_an_exception_in_the_request_under_way(janua_command, tmp_path):
    """A terminal signals the whole process group: the worker heard it twice, once as Python's KeyboardInterrupt."""
    where = f"unix:{tmp_path}/s"
    log = tmp_path / "log"
    with open(log, "wb") as file:
        process = subprocess.Popen(
            [*janua_command, "serve", f"--scgi={where}", APP], stderr=file, start_new_session=True
        )
    until(lambda: quietly(lambda: scgi.ask(where, path="/who").status == 200))
    answer = in_background(lambda: scgi.ask(where, path="/gate", query=str(tmp_path)))
    until((tmp_path / "entered").exists)
    os.killpg(process.pid, signal.SIGINT)
    time.sleep(0.3)
    (tmp_path / "open").touch()
    assert answer().body == b"open"
    assert process.wait(10) == 0
    assert "Traceback" not in log.read_text()


def test_a_socket_left_over_is_replaced_and_one_in_use_is_not(janua_command, start, tmp_path):
    service = start()
    used = service.scgi
    done = subprocess.run([*janua_command, "serve", f"--scgi={used}", APP], stderr=subprocess.PIPE, timeout=20)
    assert done.returncode == 2 and b"another process listens there" in done.stderr
    assert scgi.ask(used, path="/who").status == 200
    stale = tmp_path / "stale.sock"
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(stale))
    with serving(janua_command, f"--scgi=unix:{stale}") as process:
        until(lambda: quietly(lambda: scgi.ask(f"unix:{stale}", path="/who").status == 200))
        process.terminate()


def test_a_file_that_is_no_socket_is_never_removed(janua_command, tmp_path):
    precious = tmp_path / "precious"
    precious.write_text("data")
    done = subprocess.run(
        [*janua_command, "serve", f"--scgi=unix:{precious}", APP], stderr=subprocess.PIPE, timeout=20
    )
    assert done.returncode == 2 and precious.read_text() == "data"


def quietly(work):
    try:
        return work()
    except (OSError, AssertionError):
        return False


class serving:
    """`janua serve` with just these options, until the block ends."""

    def __init__(self, command, *options, **popen):
        self.process = subprocess.Popen([*command, "serve", *options, APP], **popen)

    def __enter__(self):
        return self.process

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)


@pytest.mark.parametrize("options, mode", [([], 0o660), (["--socket-mode=0600"], 0o600)])
def test_a_unix_socket_has_the_mode_that_was_asked_for(janua_command, tmp_path, options, mode):
    path = tmp_path / "s"
    with serving(janua_command, f"--scgi=unix:{path}", *options):
        until(lambda: quietly(lambda: scgi.ask(f"unix:{path}", path="/who").status == 200))
        assert stat.S_IMODE(path.stat().st_mode) == mode


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a socket away")
def test_a_unix_socket_belongs_to_whom_it_was_given(janua_command, tmp_path):
    path = tmp_path / "s"
    with serving(janua_command, f"--scgi=unix:{path}", "--socket-owner=33", "--socket-group=www-data"):
        until(lambda: quietly(lambda: scgi.ask(f"unix:{path}", path="/who").status == 200))
        assert (path.stat().st_uid, path.stat().st_gid) == (33, 33)


def test_a_listening_socket_is_inherited(janua_command):
    with socket.create_server(("127.0.0.1", 0)) as sock:
        where = "127.0.0.1:%d" % sock.getsockname()[1]
        number = sock.fileno()
        with serving(janua_command, f"--http=fd:{number}", pass_fds=[number]):
            assert http.ask(where, path="/who").status == 200


def test_a_script_is_fastcgi_when_descriptor_0_listens(janua_command, tmp_path):
    """FastCGI 1.0, section 2.2: the listening socket is descriptor 0. So mod_fcgid and spawn-fcgi start it."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(tmp_path / "s"))
        sock.listen()
        process = subprocess.Popen([*janua_command, APP], stdin=sock.fileno())
    try:
        said = json.loads(fastcgi.ask(f"unix:{tmp_path}/s", path="/who").body)
        assert said["pid"] == process.pid
        assert (said["multithread"], said["multiprocess"], said["run_once"]) == (False, True, False)
    finally:
        process.terminate()
    assert process.wait(10) == 0


def test_a_script_that_does_not_import_answers_500_and_ends(janua_command, tmp_path):
    """mod_fcgid would otherwise log "End of script output before headers" and the reader would learn nothing."""
    (tmp_path / "broken.py").write_text("import no_such_module_anywhere\n")
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(tmp_path / "s"))
        sock.listen()
        process = subprocess.Popen(
            [*janua_command, str(tmp_path / "broken.py")], stdin=sock.fileno(), stderr=subprocess.DEVNULL
        )
    answer = fastcgi.ask(f"unix:{tmp_path}/s", path="/")
    assert answer.status == 500 and b"no_such_module" not in answer.body
    assert b"no_such_module_anywhere" in answer.stderr
    assert process.wait(10) == 1


@pytest.mark.parametrize("way", sorted(ASK))
def test_a_response_ends_although_python_still_holds_its_request(service, way):
    """An environ in a reference cycle once kept its connection open until the garbage collector came by."""
    answer = ASK[way](getattr(service, way), path="/keep")
    assert (answer.body, answer.whole) == (b"kept", True)


def test_streams_of_a_request_that_is_over_say_so(service):
    scgi.ask(service.scgi, path="/keep")
    assert b"the request is over" in http.ask(service.http, path="/late").body
    assert "marker-late" in service.wait_for_log("marker-late")


def test_threads_keep_their_locals_between_requests(service):
    """Without a thread state of its own that stays, database connections would be made anew for every request."""
    counts = [int(scgi.ask(service.scgi, path="/count").body) for _ in range(5)]
    assert counts == list(range(counts[0], counts[0] + 5))


@pytest.mark.parametrize("threads, at_once", [(4, True), (1, False)])
def test_a_request_that_waits_holds_up_others_only_without_threads(start, tmp_path, threads, at_once):
    service = start(f"--threads={threads}")
    slow = in_background(lambda: scgi.ask(service.scgi, path="/gate", query=str(tmp_path)))
    until((tmp_path / "entered").exists)
    fast = in_background(lambda: who(service))
    if at_once:
        assert fast()["multithread"]
    else:
        time.sleep(0.5)
    (tmp_path / "open").touch()
    assert slow().body == b"open" and fast()


@pytest.mark.parametrize("way", ["scgi", "fastcgi"])
def test_a_peer_that_sends_all_before_it_reads_gets_its_answer(service, way):
    """mod_proxy_scgi does. The app ignores 6 MB and answers 4 MB; both sides once waited for each other."""
    module = {"scgi": scgi, "fastcgi": fastcgi}[way]
    with module.begin(getattr(service, way), "POST", "/large", length=6_000_000) as exchange:
        for _ in range(60):
            assert exchange.send(b"y" * 100_000)
        exchange.end()
        answer = exchange.answer()
    assert (answer.status, len(answer.body), answer.whole) == (200, 4_000_000, True)


def test_a_large_body_does_not_sit_in_memory(start):
    service = start()
    before = int(scgi.ask(service.scgi, path="/memory").body)
    with scgi.begin(service.scgi, "POST", "/large", length=50_000_000) as exchange:
        for _ in range(500):
            assert exchange.send(b"y" * 100_000)
        assert len(exchange.answer().body) == 4_000_000
    after = int(scgi.ask(service.scgi, path="/memory").body)
    assert after - before < 16 * 1024, f"{before} kB grew to {after} kB"


def test_several_addresses_of_a_kind(janua_command, tmp_path):
    ports = [free_port(), free_port()]
    with serving(janua_command, *(f"--http=127.0.0.1:{port}" for port in ports), f"--http=unix:{tmp_path}/h"):
        for where in (f"unix:{tmp_path}/h", *(f"127.0.0.1:{port}" for port in ports)):
            until(lambda: quietly(lambda: http.ask(where, path="/who").status == 200))


def test_a_taken_port_is_one_line_and_status_2(janua_command):
    with socket.create_server(("127.0.0.1", 0)) as sock:
        where = "127.0.0.1:%d" % sock.getsockname()[1]
        done = subprocess.run([*janua_command, "serve", f"--http={where}", APP], stderr=subprocess.PIPE, timeout=20)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1 and where.encode() in done.stderr
