"""What is asked of which back ends, and what is written down about it."""

from __future__ import annotations

import time
from dataclasses import dataclass

from .accounting import CpuMeter, family, memory, workers
from .app import BIG, HELLO, PAGE
from .figures import Figures
from .idle import idle_connections
from .servers import FLUP, IDLE, BackEnd, floor, janua, uwsgi

ALL = [each(protocol, threads) for protocol in ("scgi", "fastcgi") for threads in (1, 4) for each in (janua, uwsgi)]
ONE_THREAD = [back_end for back_end in ALL if back_end.threads == 1]
FOUR_THREADS = [back_end for back_end in ALL if back_end.threads == 4]

KIB_64 = bytes(range(256)) * 256
#: What the file holds that /file sends.
FILE = bytes(range(256)) * (4 * 1024)


@dataclass(frozen=True)
class Case:
    name: str
    path: str
    requests: int
    back_ends: list[BackEnd]
    expected: bytes = HELLO
    body: bytes | None = None
    connections: int = 16
    every: int | None = None  # µs between requests on one connection, instead of as fast as it goes
    beside: int = 0  # connections that ask for /sleep meanwhile
    idle: int = 0  # connections that are open and say nothing meanwhile

    def requests_of(self, back_end: BackEnd) -> int:
        # flup6 takes ten times as long as the rest, and is here for that figure only.
        return self.requests // 10 if back_end == FLUP else self.requests

    def measure(self, stage, back_end: BackEnd, requests: int | None = None) -> Figures:
        port, server = stage.front.ports[back_end], stage.servers[back_end]
        requests = requests or self.requests_of(back_end)
        expected = stage.file(f"expected{self.path.replace('/', '-')}", self.expected)
        body = stage.file("body", self.body) if self.body else None
        with idle_connections(stage.sockets[back_end], self.idle):
            meter = CpuMeter(server.pid)
            beside = self.start_beside(stage, port, requests)
            load = stage.loader.run(
                port, self.path, self.connections, requests, expected, body=body, every=self.every
            )  # fmt: skip
            beside = stage.loader.finished(beside) if beside else None
            # What a process does after its last answer, such as closing, is part of the price.
            time.sleep(0.02)
            cpu = meter.nanoseconds() / load.requests / 1000
            serving, whole = memory(workers(server.pid)), memory(family(server.pid))
        loads = [load, beside] if beside else [load]
        failed = sum(each.failed for each in loads)
        why = next((each.first_failure for each in loads if each.failed), "")
        return Figures(
            cpu, load.rate, load.p50 / 1000, load.p99 / 1000, serving / 1e6, whole / 1e6, failed, why
        )  # fmt: skip

    def start_beside(self, stage, port, requests):
        if not self.beside:
            return None
        # A fifth more than fit into the time, so that it does not end first.
        enough = int(requests * self.every / 10_000 * self.beside * 1.2)
        return stage.loader.start(port, "/sleep", self.beside, enough, stage.file("expected-hello", HELLO))


def at_rest(stage, back_end: BackEnd) -> Figures:
    """Nothing is asked; what is left is the memory."""
    pid = stage.servers[back_end].pid
    return Figures(0, 0, 0, 0, memory(workers(pid)) / 1e6, memory(family(pid)) / 1e6)


# Many short runs rather than few long ones: where the scheduler puts the processes differs from run to run.
CASES = [
    Case("hello", "/hello", 6000, [*ALL, FLUP, floor("scgi"), floor("fastcgi")]),
    Case("hello-64", "/hello", 6000, ALL, connections=64),
    Case("page", "/page", 3000, ONE_THREAD, expected=b"".join(PAGE)),
    Case("echo", "/echo", 2000, ONE_THREAD, expected=KIB_64, body=KIB_64),
    Case("big", "/big", 400, ONE_THREAD, expected=b"".join(BIG)),
    Case("file", "/file", 400, ONE_THREAD, expected=FILE),
    Case("sleep", "/sleep", 400, FOUR_THREADS),
    Case("beside", "/hello", 300, FOUR_THREADS, every=5000, beside=3),
    Case("idle-0", "/hello", 6000, [IDLE]),
    Case("idle-1000", "/hello", 6000, [IDLE], idle=1000),
]
