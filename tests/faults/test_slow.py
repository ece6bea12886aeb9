"""Peers that take their time, and peers that want room."""

import re
import threading
import time
from contextlib import ExitStack

import pytest

from client import fastcgi, scgi
from client.connection import Connection

from .support import APP, MODULES, WAYS, Clients, nothing_leaks, worker, works

#: So many connections that send a byte a second.
SLOW = 500

#: What they send, and would go on sending for many minutes.
HEADS = {
    "fastcgi": fastcgi.begin_request(1) + fastcgi.record(fastcgi.PARAMS, 1, b"\x09\xc8HTTP_SLOW" + b"s" * 600),
    "scgi": b"700:CONTENT_LENGTH\x000\x00SCGI\x001\x00HTTP_SLOW\x00" + b"s" * 600,
    "http": b"GET /who HTTP/1.1\r\nHost: example.com\r\nSlow: " + b"s" * 600,
}


class Dribble(threading.Thread):
    """Sends each of many connections a byte a second."""

    def __init__(self, connections):
        super().__init__(daemon=True)
        self.connections = connections
        self.over = threading.Event()
        self.closed = 0

    def run(self):
        at = 0
        while not self.over.is_set():
            began = time.monotonic()
            for way, connection in self.connections:
                if not connection.send(HEADS[way][at:at + 1]):
                    self.closed += 1
            at += 1
            self.over.wait(max(0.0, began + 1 - time.monotonic()))

    def __exit__(self, *exc_info):
        self.over.set()
        self.join(10)

    def __enter__(self):
        self.start()
        return self


def _rate(service, seconds=3.0):
    """Requests a second that four clients get answered, by all ways."""

    def one(number):
        way = WAYS[number % len(WAYS)]
        assert MODULES[way].ask(getattr(service, way), path="/who").status == 200

    with Clients(one, 4) as clients:
        time.sleep(seconds)
    assert not clients.failures
    return clients.answered / seconds


def test_five_hundred_connections_at_a_byte_a_second_slow_nobody_down(start_service):
    """Slowloris: heads that never end. They cost a task each and no thread; the others are served as fast as before."""
    service = start_service(APP, "--threads=2")
    with nothing_leaks(service), ExitStack() as stack:
        # On a machine that does other things as well one measurement may be anything.
        alone = sorted(_rate(service) for _ in range(2))[0]
        slow = [(WAYS[number % 3], stack.enter_context(Connection(getattr(service, WAYS[number % 3]))))
                for number in range(SLOW)]
        with Dribble(slow) as dribble:
            beside = max(_rate(service) for _ in range(3))
        print(f"{alone:.0f} requests a second alone, {beside:.0f} beside {SLOW} slow connections")
        assert dribble.closed == 0, "they were to be there all the time"
        assert beside > alone / 2


def _peak(pid):
    """The most memory that a process has had, in KiB."""
    with open(f"/proc/{pid}/status") as status:
        return int(re.search(r"VmHWM:\s+(\d+)", status.read())[1])


TEN_MEGABYTES = 10_000_000
FILL = b"v" * 65_000
MANY = fastcgi.pairs([(b"HTTP_X_%06d" % number, b"v" * 80) for number in range(100_000)])


@pytest.mark.parametrize("way, pieces", [
    pytest.param("fastcgi", [fastcgi.begin_request(1), fastcgi.record(
        fastcgi.PARAMS, 1, b"\x08" + (TEN_MEGABYTES | 1 << 31).to_bytes(4, "big") + b"HTTP_BIG")]
        + [fastcgi.record(fastcgi.PARAMS, 1, FILL)] * (TEN_MEGABYTES // len(FILL)), id="fastcgi, one parameter"),
    pytest.param("fastcgi", [fastcgi.begin_request(1), fastcgi.stream(fastcgi.PARAMS, 1, MANY)],
                 id="fastcgi, many parameters"),
    pytest.param("scgi", [b"%d:CONTENT_LENGTH\x000\x00HTTP_BIG\x00" % TEN_MEGABYTES] + [FILL] * (TEN_MEGABYTES // len(FILL)),
                 id="scgi, by the length"),
    pytest.param("http", [b"GET /who HTTP/1.1\r\nHost: x\r\nBig: "] + [FILL] * (TEN_MEGABYTES // len(FILL)), id="http"),
])  # fmt: skip
def test_ten_megabytes_of_parameters_take_no_memory(start_service, way, pieces):
    """They are refused, at the limit and not at their end; twenty at once hold twenty times the limit at most."""
    service = start_service(APP, "--max-params-bytes=64k")
    assert works(service)
    before = _peak(worker(service))
    with ExitStack() as stack:
        connections = [stack.enter_context(Connection(getattr(service, way), 20)) for _ in range(20)]
        threads = [threading.Thread(target=lambda connection=connection: [connection.send(piece) for piece in pieces])
                   for connection in connections]
        for thread in threads:
            thread.start()
        answers = [connection.read_to_end() for connection in connections]
        for thread in threads:
            thread.join(30)
    assert all(answer == b"" or b" 431 " in answer for answer in answers), answers
    grown = _peak(worker(service)) - before
    assert grown < 20 * 256, f"{grown} KiB for 20 requests with a limit of 64 KiB"
    assert works(service) and "max_params" in service.log()


def test_a_scgi_head_that_is_announced_but_does_not_come_takes_no_memory(start_service):
    """A length is only a number: memory follows the bytes."""
    service = start_service(APP)
    assert works(service)
    before = _peak(worker(service))
    with ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(Connection(service.scgi)).send(b"1000000:CONTENT_LENGTH")
        assert works(service)
        assert _peak(worker(service)) - before < 8 * 1024
    assert scgi.ask(service.scgi, path="/who").status == 200
