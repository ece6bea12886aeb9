"""Something runs out: memory, space on a disk, descriptors, places in a queue."""

import os
import resource
import signal
import socket
import time
from contextlib import ExitStack

import pytest

from client import fastcgi, scgi
from client.connection import Connection
from client.exchange import Exchange
from client.fastcgi import FastCgi
from client.params import nginx_scgi
from soak.measure import descriptors, holding

from .support import APP, WAYS, Clients, ask, limited, nothing_leaks, until, worker, workers, works


def size(pid):
    """All of a process's address space, in bytes: what RLIMIT_AS limits."""
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize("way", WAYS)
def test_an_app_that_meets_the_limit_of_memory_gets_an_exception(start_service, way):
    """The request in question is a 500, and no other notices."""
    service = start_service(APP, "--threads=2")
    with nothing_leaks(service), limited(worker(service), resource.RLIMIT_AS, size(worker(service)) + (256 << 20)):
        with Clients(lambda number: _right(ask(service, "/large"))) as clients:
            for _ in range(3):
                assert ask(service, "/hog", way).status == 500
        assert not clients.failures and clients.answered
    if way != "fastcgi":  # there it is the web server's log that has it
        assert "MemoryError" in service.log()


def _right(answer):
    assert (answer.status, len(answer.body)) == (200, 3_000_000)


def test_a_service_without_any_memory_serves_again_when_there_is_some(start_service):
    """Whatever becomes of the worker, the service goes on."""
    service = start_service(APP, "--threads=2")
    assert works(service)
    pid = worker(service)
    try:
        with limited(pid, resource.RLIMIT_AS, size(pid)):
            for _ in range(5):
                try:
                    ask(service, "/large")
                except (OSError, AssertionError):
                    pass
    except ProcessLookupError:
        pass  # it has ended, and another has come
    assert until(lambda: _tried(lambda: works(service)))


def _tried(work):
    try:
        return work()
    except (OSError, AssertionError):
        return False


def _sends_all_first(service, way, length):
    """A request whose body must be put away: the app answers while it reads, and the client reads only at the end."""
    module = {"scgi": scgi, "fastcgi": fastcgi}[way]
    with module.begin(getattr(service, way), "POST", "/echo", length=length) as exchange:
        for _ in range(length // 100_000):
            if not exchange.send(b"y" * 100_000):
                break
        exchange.end()
        try:
            return exchange.answer()
        except AssertionError:  # it breaks off inside a record
            return None


@pytest.mark.parametrize("way", ["scgi", "fastcgi"])
def test_a_full_disk_costs_only_the_request_whose_body_does_not_fit(start_service, way):
    """The part of a body that is put away meets a limit. (A limit on the size of files gives EFBIG where a full disk
    gives ENOSPC.)"""
    service = start_service(APP, "--threads=2", "--body-memory=64k")
    with nothing_leaks(service):
        whole = _sends_all_first(service, way, 3_000_000)
        assert whole.whole and len(whole.body) == 3_000_000
        with limited(worker(service), resource.RLIMIT_FSIZE, 200_000):
            with Clients(lambda number: _right(ask(service, "/large"))) as clients:
                for _ in range(3):
                    began = time.monotonic()
                    broken = _sends_all_first(service, way, 3_000_000)
                    assert broken is None or not broken.whole
                    # The client went on sending what nobody took, and both waited for progress_timeout.
                    assert time.monotonic() - began < 10
            assert not clients.failures and clients.answered
        assert _sends_all_first(service, way, 3_000_000).whole


def test_a_folder_for_temporary_files_that_is_gone_costs_only_those_requests(start_service, tmp_path, monkeypatch):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    service = start_service(APP, "--threads=2", "--body-memory=64k")
    with nothing_leaks(service):
        assert _sends_all_first(service, "scgi", 3_000_000).whole
        folder.rmdir()
        assert not _sends_all_first(service, "scgi", 3_000_000).whole
        assert works(service)
        assert "TMPDIR" in service.wait_for_log("TMPDIR"), service.log()
        folder.mkdir()
        assert _sends_all_first(service, "scgi", 3_000_000).whole
    assert not list(folder.iterdir())


def test_without_descriptors_nobody_is_accepted_and_nobody_is_lost(start_service):
    """Those who connect wait in the queue until some come free."""
    service = start_service(APP, "--threads=2")
    with nothing_leaks(service), Clients(lambda number: _right(ask(service, "/large"))) as clients:
        for _ in range(3):
            pid = worker(service)
            with limited(pid, resource.RLIMIT_NOFILE, len(descriptors(pid)) - 1):
                time.sleep(0.5)
            done = clients.answered
            until(lambda: clients.answered > done + 20)
    assert not clients.failures
    assert "ulimit -n" in service.log()


def test_a_descriptor_that_comes_free_goes_to_the_next_who_waits(start_service):
    """The limit stays; connections that rest are closed by their owners."""
    service = start_service(APP)
    pid = worker(service)
    assert works(service)
    with limited(pid, resource.RLIMIT_NOFILE, 64), ExitStack() as stack:
        kept = []
        for _ in range(100):
            connection = stack.enter_context(FastCgi(service.fastcgi, 2))
            head = fastcgi.head(1, fastcgi.stock(path="/who"), fastcgi.KEEP_CONN)
            connection.send(head + fastcgi.record(fastcgi.STDIN, 1))
            kept.append(connection)
        until(lambda: "no connection could be accepted" in service.log())
        with Connection(service.scgi, 20) as waiting:
            waiting.send(scgi.head(nginx_scgi("GET", "/who", "", (), 0)))
            assert waiting.is_quiet(0.5)
            for connection in kept:
                connection.close()
            assert Exchange(waiting, "GET").answer().body == b"%d" % pid
    assert works(service)


def test_a_full_queue_is_served_from_its_head_to_its_end(start_service):
    """Nobody accepts for a while and the queue fills: the kernel turns the next away, and everybody in it is served."""
    service = start_service(APP, "--workers=2", "--backlog=32")
    until(lambda: len(workers(service)) == 2 and works(service))
    waiting = []
    with nothing_leaks(service):
        for pid in workers(service):
            os.kill(pid, signal.SIGSTOP)
        try:
            with pytest.raises(BlockingIOError):
                for _ in range(100):
                    sock = socket.socket(socket.AF_UNIX)
                    sock.setblocking(False)
                    sock.connect(service.scgi[len("unix:"):])
                    waiting.append(sock)
            sock.close()
        finally:
            for pid in workers(service):
                os.kill(pid, signal.SIGCONT)
        assert len(waiting) >= 32
        for sock in waiting:
            sock.settimeout(20)
            sock.sendall(scgi.head(nginx_scgi("GET", "/who", "", (), 0)))
        for sock in waiting:
            assert sock.recv(1000).startswith(b"Status: 200")
            sock.close()


def test_what_is_held_is_seen():
    """The tests above compare numbers: of a process that is there they are not 0."""
    held = holding(os.getpid())
    assert held.anonymous and held.descriptors and held.threads
