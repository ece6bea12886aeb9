"""Every request and what became of it.

A request counts as right if its answer was what was asked for, to the last byte. Everything else needs a reason that is
known exactly: before a worker is killed it is stopped for a moment, and its connections are written down by the number
of the client's end. What has no reason is lost, and one lost request fails the run.
"""

from __future__ import annotations

import mmap
import os
import socket
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import List, Optional, Set, Tuple

from .app import SLOTS

Token = Tuple[str, int]


@dataclass
class Attempt:
    """A request under way."""

    number: int
    kind: str
    way: str
    started: float = field(default_factory=time.monotonic)
    #: The client's end of the connection, as the kernel numbers it.
    token: Optional[Token] = None
    #: The connection had carried a request before.
    used: bool = False
    #: When the connection was made.
    opened: float = 0.0

    def on(self, sock: socket.socket) -> None:
        if sock.family == socket.AF_UNIX:
            self.token = ("unix", os.fstat(sock.fileno()).st_ino)
        else:
            self.token = ("tcp", sock.getsockname()[1])


@dataclass
class Death:
    """A worker that was ended on purpose, and who was connected to it then."""

    pid: int
    when: float
    #: Killed at once, or asked to go.
    killed: bool
    tokens: Set[Token]
    #: Connections of web servers, which cannot be told apart: so many of their requests may be lost.
    servers: int


@dataclass
class Window:
    """A time in which some kinds of requests, or some ways, may fail."""

    name: str
    kinds: Tuple[str, ...]
    ways: Tuple[str, ...]
    began: float
    ended: float = float("inf")


class Account:
    def __init__(self, ledger: str, details: str):
        with open(ledger, "wb") as file:
            file.truncate(SLOTS)
        with open(ledger, "r+b") as file:
            self.ledger = mmap.mmap(file.fileno(), SLOTS)
        self.details = open(details, "a", buffering=1)
        self.lock = threading.Lock()
        self.counts: Counter = Counter()
        self.by_kind: Counter = Counter()
        self.by_way: Counter = Counter()
        self.reasons: Counter = Counter()
        self.deaths: List[Death] = []
        self.windows: List[Window] = []
        self.under_way = 0
        self.slowest = 0.0
        self._number = 0

    def begin(self, kind: str, way: str) -> Attempt:
        with self.lock:
            self._number += 1
            self.under_way += 1
            number = self._number
        self.ledger[number % SLOTS] = 0
        return Attempt(number, kind, way)

    def entered(self, attempt: Attempt) -> int:
        """How often the app was asked."""
        return self.ledger[attempt.number % SLOTS]

    def right(self, attempt: Attempt) -> None:
        with self.lock:
            self.under_way -= 1
            self.counts["right"] += 1
            self.by_kind[attempt.kind] += 1
            self.by_way[attempt.way] += 1
            self.slowest = max(self.slowest, time.monotonic() - attempt.started)

    def left(self, attempt: Attempt) -> None:
        """The client went away, or sent nonsense: nothing is expected but that nobody notices."""
        with self.lock:
            self.under_way -= 1
            self.counts["left"] += 1
            self.by_kind[attempt.kind] += 1

    def again(self, attempt: Attempt) -> bool:
        """True if a kept connection was found closed, which a client answers with another try, and may have been."""
        if not attempt.used or self.entered(attempt):
            return False
        with self.lock:
            # A worker that is asked to go may take one more connection before it hears that.
            known = any(attempt.token in death.tokens or 0 <= attempt.opened - death.when < 2 for death in self.deaths)
            if known:
                self.counts["asked again"] += 1
            return known

    def failed(self, attempt: Attempt, trouble: str) -> None:
        """Finds the reason why a request was not answered as it should have been."""
        ended = time.monotonic()
        with self.lock:
            self.under_way -= 1
            reason = self._reason(attempt, ended)
            if reason:
                self.counts["explained"] += 1
                self.reasons[reason] += 1
            else:
                self.counts["lost"] += 1
        self.note(f"{reason or 'LOST'}: {attempt.kind} by {attempt.way}, number {attempt.number}, "
                  f"{ended - attempt.started:.2f} s, asked of the app {self.entered(attempt)} times: {trouble}")

    def _reason(self, attempt: Attempt, ended: float) -> Optional[str]:
        for death in self.deaths:
            if not death.killed or not attempt.started <= death.when <= ended:
                continue
            if attempt.token in death.tokens:
                return "it was in a worker that was killed"
            if attempt.way.startswith("nginx") and death.servers > 0:
                death.servers -= 1
                return "it was in a worker that was killed, behind nginx"
        for window in self.windows:
            if window.began <= ended and attempt.started <= window.ended:
                if attempt.kind in window.kinds or attempt.way in window.ways:
                    return window.name
        return None

    def fault(self, what: str) -> None:
        """Something is wrong that is no single request."""
        with self.lock:
            self.counts["wrong"] += 1
        self.note(f"WRONG: {what}")

    def note(self, line: str) -> None:
        try:
            self.details.write(f"{time.strftime('%H:%M:%S')} {line}\n")
        except OSError:
            pass

    def open_window(self, name: str, kinds: Tuple[str, ...] = (), ways: Tuple[str, ...] = ()) -> Window:
        window = Window(name, kinds, ways, time.monotonic())
        with self.lock:
            self.windows.append(window)
        return window
