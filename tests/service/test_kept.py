"""Connections that a web server keeps open between two requests."""

import os
import re
import signal
from pathlib import Path

import pytest

from client import fastcgi, scgi

from .test_process import APP, until, who

#: So many connections, each of which has brought a request before it fell asleep.
ASLEEP = 500


@pytest.fixture
def service(start_service):
    return start_service(APP)


def memory(pid):
    """What a process holds of its own, in bytes."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return 1024 * int(re.search(r"^Private_Dirty:\s+(\d+)", text, re.M).group(1))


def processor_time(pid):
    """CPU time of a process, in nanoseconds."""
    return sum(int(Path(f"/proc/{pid}/task/{task}/schedstat").read_text().split()[0])
               for task in os.listdir(f"/proc/{pid}/task"))


def sleepers(service, count):
    connections = [fastcgi.FastCgi(service.fastcgi) for _ in range(count)]
    for connection in connections:
        assert connection.ask(1, fastcgi.stock(path="/who")).status == 200
    return connections


def test_sleeping_connections_hold_no_buffers(service):
    """Each once took 16 KiB of memory anew with every request; those that had not asked yet kept it."""
    pid = who(service)["pid"]
    sleepers(service, 20)
    before = memory(pid)
    connections = sleepers(service, ASLEEP)
    grown = memory(pid) - before
    assert grown < ASLEEP * 5 * 1024, f"{grown / ASLEEP:.0f} bytes for each connection"
    assert all(connection.ask(1, fastcgi.stock(path="/who")).status == 200 for connection in connections)


def test_connections_that_have_not_said_anything_hold_no_buffers(service):
    pid = who(service)["pid"]
    before = memory(pid)
    connections = [fastcgi.FastCgi(service.fastcgi) for _ in range(ASLEEP)]
    assert connections[-1].ask(1, fastcgi.stock(path="/who")).status == 200
    grown = memory(pid) - before
    assert grown < ASLEEP * 5 * 1024, f"{grown / ASLEEP:.0f} bytes for each connection"


def test_sleeping_connections_cost_a_request_nothing(service):
    """All of them, or the list of them, would be a hundred times as much."""
    pid = who(service)["pid"]

    def cost():
        start = processor_time(pid)
        for _ in range(100):
            assert scgi.ask(service.scgi, path="/who").status == 200
        return processor_time(pid) - start

    alone = min(cost() for _ in range(3))
    connections = sleepers(service, ASLEEP)
    assert min(cost() for _ in range(3)) < 3 * alone
    assert connections[0].ask(1, fastcgi.stock(path="/who")).status == 200


def test_a_request_that_comes_as_the_service_stops_is_answered(service):
    """A connection at rest was once closed with a request in it that had just arrived."""
    pid = who(service)["pid"]
    connection = fastcgi.FastCgi(service.fastcgi)
    assert connection.ask(1, fastcgi.stock(path="/who")).status == 200
    os.kill(pid, signal.SIGSTOP)
    try:
        exchange = connection.send(fastcgi.head(1, fastcgi.stock(path="/who")) + fastcgi.record(fastcgi.STDIN, 1))
        os.kill(pid, signal.SIGTERM)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert exchange
    kinds = [record.kind for record in connection.records()]
    assert kinds and kinds[-1] == fastcgi.END_REQUEST


def test_connections_at_rest_are_closed_when_the_service_stops(service):
    connections = sleepers(service, 10)
    service.stop()
    for connection in connections:
        until(lambda connection=connection: connection.read().data == b"", seconds=5)
