"""What is asked of which back ends, and what is written down about it."""

from __future__ import annotations

import time
from dataclasses import dataclass

from .accounting import CpuMeter, memory_kib, workers
from .app import BIG, HELLO, PAGE
from .idle import idle_connections
from .servers import FLUP, BackEnd, floor, janua, uwsgi

ALL_FOUR = [each(protocol, threads) for protocol in ("scgi", "fastcgi") for threads in (1, 4) for each in (janua, uwsgi)]
ONE_THREAD = [back_end for back_end in ALL_FOUR if back_end.threads == 1]
FOUR_THREADS = [back_end for back_end in ALL_FOUR if back_end.threads == 4]

KIB_64 = bytes(range(256)) * 256


@dataclass(frozen=True)
class Figures:
    """One run of a case on a back end."""

    cpu: float  # µs for each request
    rate: float  # requests a second
    p50: float  # µs
    p99: float  # µs
    memory: float  # MiB, of the workers
    failed: int
    first_failure: str


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
        # flup6 takes twenty times as long as the rest, and is here for that figure only.
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
            if beside:
                stage.loader.finished(beside)
            # What a process does after its last answer, such as closing, is part of the price.
            time.sleep(0.02)
            cpu = meter.nanoseconds() / load.requests / 1000
            memory = sum(memory_kib(worker) for worker in workers(server.pid)) / 1024
        return Figures(cpu, load.rate, load.p50, load.p99, memory, load.failed, load.first_failure)

    def start_beside(self, stage, port, requests):
        if not self.beside:
            return None
        # A fifth more than fit into the time, so that it does not end first.
        enough = int(requests * self.every / 10_000 * self.beside * 1.2)
        return stage.loader.start(port, "/sleep", self.beside, enough, stage.file("expected-hello", HELLO))


CASES = [
    Case("hello", "/hello", 16000, [*ALL_FOUR, FLUP, floor("scgi"), floor("fastcgi")]),
    Case("hello-64", "/hello", 16000, ALL_FOUR, connections=64),
    Case("page", "/page", 8000, ONE_THREAD, expected=b"".join(PAGE)),
    Case("echo", "/echo", 4000, ONE_THREAD, expected=KIB_64, body=KIB_64),
    Case("big", "/big", 1000, ONE_THREAD, expected=b"".join(BIG)),
    Case("file", "/file", 1000, ONE_THREAD, expected=bytes(range(256)) * (4 * 1024)),
    Case("sleep", "/sleep", 800, FOUR_THREADS),
    Case("beside", "/hello", 400, FOUR_THREADS, every=5000, beside=3),
    Case("idle-0", "/hello", 16000, [janua("fastcgi", 1)]),
    Case("idle-1000", "/hello", 16000, [janua("fastcgi", 1)], idle=1000),
]
