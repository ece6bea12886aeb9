"""Told to stop, a service serves who had connected by then, and refuses who comes later."""

import os
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from client import fastcgi, http, scgi
from client.connection import Connection, connect
from client.patience import until

from .test_process import quietly, serving

APP = str(Path(__file__).with_name("app.py"))
MODULES = {"fastcgi": fastcgi, "http": http, "scgi": scgi}
WAYS = ["http", "scgi", "scgi_tcp", "fastcgi", "fastcgi_tcp"]


def module(way):
    return MODULES[way.partition("_")[0]]


@pytest.fixture
def clients():
    with ThreadPoolExecutor(8) as pool:
        yield pool


def occupied(clients, where, folder):
    """A request that is with the app until the file `open` is in the folder."""
    answer = clients.submit(scgi.ask, where, path="/gate", query=str(folder))
    until((folder / "entered").exists)
    return answer


def is_refused(where):
    try:
        connect(where).close()
    except (FileNotFoundError, ConnectionRefusedError):
        return True
    return False


@pytest.mark.parametrize("ways", [WAYS, *([way] for way in WAYS)], ids=" ".join)
@pytest.mark.parametrize("options", [["--workers=1"], ["--workers=2"], ["--workers=1", "--max-connections=2"]], ids=" ".join)
def test_requests_that_waited_to_be_accepted_were_reset(start_service, clients, tmp_path, options, ways):
    """They had connected before the signal, but all threads were busy."""
    service = start_service(APP, *options)
    workers = int(options[0][-1])
    answers = []
    for number in range(workers):
        folder = tmp_path / str(number)
        folder.mkdir()
        answers.append(occupied(clients, service.scgi, folder))
    waiting = [module(way).begin(getattr(service, way), path="/who") for way in ways for _ in range(3)]
    for exchange in waiting:
        exchange.end()
    os.kill(service.process.pid, signal.SIGTERM)
    # Nothing shows that a worker has heard it too.
    time.sleep(0.3)
    for number in range(workers):
        (tmp_path / str(number) / "open").touch()
    assert [exchange.answer().status for exchange in waiting] == [200] * len(waiting)
    assert all(answer.result().body == b"open" for answer in answers)
    assert service.process.wait(10) == 0
    for exchange in waiting:
        exchange.close()


@pytest.mark.parametrize("way", ["scgi_tcp", "http"])
def test_who_comes_later_does_not_keep_it(start_service, clients, way):
    """Where newcomers are not refused, somebody always waits to be accepted."""
    service = start_service(APP, "--stop-timeout=8s")
    over = threading.Event()

    def ask():
        while not over.is_set():
            quietly(lambda: module(way).ask(getattr(service, way), path="/nap"))

    asking = [clients.submit(ask) for _ in range(4)]
    time.sleep(0.3)
    os.kill(service.process.pid, signal.SIGTERM)
    try:
        assert service.process.wait(5) == 0
    finally:
        over.set()
    assert "did not end" not in service.log()
    for one in asking:
        one.result()


def test_who_waits_and_says_nothing_does_not_keep_it(start_service, clients, tmp_path):
    service = start_service(APP)
    answer = occupied(clients, service.scgi, tmp_path)
    silent = [Connection(getattr(service, way)) for way in WAYS]
    os.kill(service.process.pid, signal.SIGTERM)
    (tmp_path / "open").touch()
    assert answer.result().status == 200
    assert service.process.wait(5) == 0
    for connection in silent:
        assert connection.read().data == b"" and not connection.reset
        connection.close()


def test_who_came_to_a_service_that_stops_waited_for_nothing(start_service, clients, tmp_path):
    """A web server asks another, or says so at once, when a connection is refused."""
    service = start_service(APP)
    answer = occupied(clients, service.scgi, tmp_path)
    os.kill(service.process.pid, signal.SIGTERM)
    for where in (service.scgi, service.fastcgi):
        until(lambda: is_refused(where), 3)
    (tmp_path / "open").touch()
    assert answer.result().status == 200
    assert service.process.wait(10) == 0


def test_a_client_that_waited_hears_that_the_connection_ends(start_service, clients, tmp_path):
    """What it would send next would be lost."""
    service = start_service(APP)
    answer = occupied(clients, service.scgi, tmp_path)
    with Connection(service.http) as connection:
        exchange = http.begin_on(connection, path="/who")
        os.kill(service.process.pid, signal.SIGTERM)
        time.sleep(0.3)
        (tmp_path / "open").touch()
        assert exchange.answer().get("Connection") == "close"
    assert answer.result().status == 200
    assert service.process.wait(10) == 0


def test_a_socket_that_was_inherited_is_left_to_its_heir(janua_command, clients, tmp_path):
    """What waits on it is not lost: whoever holds it starts the service again."""
    where = f"unix:{tmp_path}/s"
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(f"{tmp_path}/s")
        sock.listen()
        with serving(janua_command, f"--scgi=fd:{sock.fileno()}", pass_fds=[sock.fileno()]) as process:
            until(lambda: quietly(lambda: scgi.ask(where, path="/who").status == 200))
            answer = occupied(clients, where, tmp_path)
            os.kill(process.pid, signal.SIGTERM)
            time.sleep(0.3)
            (tmp_path / "open").touch()
            assert answer.result().status == 200
            process.wait(10)
        later = clients.submit(scgi.ask, where, path="/who")
        with serving(janua_command, f"--scgi=fd:{sock.fileno()}", pass_fds=[sock.fileno()]):
            assert later.result().status == 200
