"""How many system calls a request costs. Each takes longer than the whole environ, on a quiet machine as on a busy one."""

import socket

import pytest

from client import fastcgi, scgi

from .trace import Traced, why_not

#: Requests of one trace.
COUNT = 200

#: Calls of a whole trace that belong to no single request: the end of the wait before the first, the wait after the
#: last, a look at the clock now and then.
SLACK = 40


def over_scgi(service):
    yield
    asked = [scgi.begin(service.scgi) for _ in range(COUNT)]
    yield
    answered(asked)


def over_fastcgi(service):
    yield
    asked = [sent(fastcgi.FastCgi(service.fastcgi)) for _ in range(COUNT)]
    yield
    answered(asked)


def over_kept_fastcgi(service):
    """The second request of each connection."""
    connections = [fastcgi.FastCgi(service.fastcgi) for _ in range(COUNT)]
    for connection in connections:
        assert sent(connection, fastcgi.KEEP_CONN).answer().status == 200
    yield
    asked = [sent(connection, fastcgi.KEEP_CONN) for connection in connections]
    yield
    for exchange in asked:
        assert exchange.answer().body == b"Hello, world\n"
    yield
    # Nothing of their end is to be left for the next trace.
    for connection in connections:
        connection.socket.shutdown(socket.SHUT_WR)
        assert connection.read_to_end() == b""
        connection.close()


def sent(connection, flags=0):
    """A whole request in one write, as web servers do it."""
    connection.send(fastcgi.head(1, fastcgi.stock(), flags) + fastcgi.record(fastcgi.STDIN, 1))
    return fastcgi.FastCgiExchange(connection, "GET", 1)


def answered(asked):
    for exchange in asked:
        assert exchange.answer().body == b"Hello, world\n"
    for exchange in asked:
        exchange.close()


#: The ways, and the calls of one request: accepting, reading, writing, closing; on a kept connection reading and writing.
WAYS = {over_scgi: 4, over_fastcgi: 4, over_kept_fastcgi: 2}

#: What a process asks of its memory.
MEMORY = ("mmap", "munmap", "mremap", "madvise", "brk")


@pytest.fixture(scope="module")
def traced(janua_command, tmp_path_factory):
    reason = why_not()
    if reason:
        pytest.skip(reason)
    traced = Traced(janua_command, tmp_path_factory.mktemp("calls"))
    yield traced
    assert traced.service.stop() == 0


@pytest.fixture(scope="module", params=WAYS, ids=lambda way: way.__name__)
def way(request):
    return request.param


@pytest.fixture(scope="module")
def trace(way, traced):
    """What the service did for the requests of this way once it had warmed up."""
    traced.trace(way(traced.service))
    return traced.trace(way(traced.service))


def test_a_request_costs_no_more_calls_than_it_must(way, trace):
    assert sum(trace.of_server.values()) <= WAYS[way] * COUNT + SLACK, trace


def test_the_thread_that_serves_is_the_one_that_writes(trace):
    """Else the calls of the other test would be those of a thread that has handed its requests on."""
    written = sum(trace.of_server[name] for name in ("write", "writev", "sendto", "sendmsg"))
    assert COUNT <= written <= COUNT + SLACK, trace


def test_no_request_asks_the_kernel_for_memory(trace):
    assert sum(trace.of_all[name] for name in MEMORY) <= COUNT // 20, trace
