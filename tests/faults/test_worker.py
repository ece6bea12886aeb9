"""A worker ends in the middle of its work."""

import os
import signal
import threading
import time
from pathlib import Path

from client import fastcgi, scgi
from client.connection import Connection
from client.exchange import Exchange
from client.fastcgi import FastCgi
from client.params import nginx_scgi
from soak.measure import peers

from .support import APP, Clients, until, workers, works


class Asked:
    """Asks over unix sockets and remembers each connection by the number that the kernel gave it."""

    def __init__(self, service):
        self.service = service
        self.lock = threading.Lock()
        self.lost = {}

    def one(self, number):
        body = b"%d" % number * 20_000
        with Connection(self.service.scgi, 30) as connection:
            inode = os.fstat(connection.socket.fileno()).st_ino
            connection.send(scgi.head(nginx_scgi("POST", "/read", "", (), len(body))))
            exchange = Exchange(connection, "POST")
            exchange.send(body[:10_000])
            time.sleep(0.002)
            exchange.send(body[10_000:])
            answer = exchange.answer()
            if answer.body != b"%d" % len(body):
                with self.lock:
                    self.lost[inode] = answer


def is_stopped(pid):
    """The signal takes each thread when that comes to it: on another processor it may go on for a moment."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return all((task / "stat").read_text().rpartition(")")[2].split()[0] == "T" for task in tasks)


def test_only_the_requests_of_a_killed_worker_are_lost(start_service):
    """All others are answered whole, those that were waiting in the queue as well, and another worker comes."""
    service = start_service(APP, "--workers=2", "--threads=2")
    until(lambda: len(workers(service)) == 2 and works(service))
    asked = Asked(service)
    inside = set()
    with Clients(asked.one, 8) as clients:
        for _ in range(3):
            until(lambda: len(workers(service)) == 2)
            time.sleep(0.3)
            victim = workers(service)[0]
            # Stopped, it cannot accept another while its connections are counted.
            os.kill(victim, signal.SIGSTOP)
            until(lambda: is_stopped(victim))
            inside |= {inode for kind, inode in peers(victim, set())[0] if kind == "unix"}
            os.kill(victim, signal.SIGKILL)
            until(lambda: victim not in workers(service))
        until(lambda: len(workers(service)) == 2)
    assert not clients.failures
    assert set(asked.lost) <= inside, f"lost outside of the killed worker: {asked.lost}"
    assert all(answer.status == 0 or not answer.whole for answer in asked.lost.values())
    assert clients.answered > 50
    assert service.log().count("was ended by signal 9") == 3
    assert works(service)


def test_a_worker_that_is_asked_to_go_loses_nothing(start_service):
    """SIGTERM to a worker alone: what it has is finished, what waits in the queue is for the others."""
    service = start_service(APP, "--workers=2", "--threads=2")
    until(lambda: len(workers(service)) == 2 and works(service))
    asked = Asked(service)
    with Clients(asked.one, 8) as clients:
        for _ in range(3):
            until(lambda: len(workers(service)) == 2)
            time.sleep(0.3)
            victim = workers(service)[0]
            os.kill(victim, signal.SIGTERM)
            until(lambda: victim not in workers(service))
    assert not clients.failures and not asked.lost
    assert service.log().count("ended with status 0") == 3


def test_a_connection_that_was_just_accepted_was_closed_when_its_worker_went(start_service):
    """Its peer was about to say something. A web server that does not keep connections gives 502 then."""
    service = start_service(APP)
    for where, request in (
        (service.scgi, scgi.head(nginx_scgi("GET", "/who", "", (), 0))),
        (service.fastcgi, fastcgi.head(1, fastcgi.stock(path="/who")) + fastcgi.record(fastcgi.STDIN, 1)),
        (service.http, b"GET /who HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
    ):
        [victim] = until(lambda: works(service) and workers(service))
        with Connection(where) as connection:
            time.sleep(0.2)  # until it is accepted
            os.kill(victim, signal.SIGTERM)
            time.sleep(0.2)
            connection.send(request)
            assert b"200 OK" in connection.read_to_end()
        until(lambda: victim not in workers(service))


def test_a_kept_connection_of_a_killed_worker_is_closed_and_the_next_one_works(start_service):
    service = start_service(APP)
    with FastCgi(service.fastcgi) as connection:
        assert connection.ask(1, fastcgi.stock(path="/who")).status == 200
        os.kill(workers(service)[0], signal.SIGKILL)
        assert connection.read().data == b""
    assert until(lambda: works(service))
