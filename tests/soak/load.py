"""What the clients ask, and what they must get."""

from __future__ import annotations

import hashlib
import random
import threading
import time
import traceback
from typing import Callable, Dict, Optional

from client import fastcgi, scgi
from client.answer import Answer
from client.connection import Connection

from .account import Account, Attempt
from .app import BLOB
from .trunk import Trunks
from .ways import DIRECT, NGINX, Ways, connected

#: Kinds of requests and how often each is asked.
KINDS = {
    "hello": 380, "page": 140, "digest": 150, "echo": 80, "ignore": 50, "file": 50, "sleep": 40, "stream": 30,
    "slow_reader": 6, "slow_sender": 6, "fail": 12, "fail_late": 8, "leave": 25, "nonsense": 5, "spool": 2, "thread": 2,
}  # fmt: skip

#: Ways that only some kinds can go.
ONLY = {
    "slow_reader": list(DIRECT), "nonsense": ["scgi", "scgi_tcp", "fastcgi", "fastcgi_tcp", "http"],
    "spool": ["scgi", "scgi_tcp", "fastcgi", "fastcgi_tcp"],
}  # fmt: skip

NONSENSE = [
    b"", b"\0", b"GET / HTTP/1.1\r\n\r\n", b"999999999999:x", b"5:abcde,", b"\x01\x01\0", b"\xff" * 3000,
    fastcgi.begin_request(1) + fastcgi.record(fastcgi.PARAMS, 1, b"\x80"), fastcgi.record(77, 0, b"?"),
    scgi.netstring(b"CONTENT_LENGTH\x00-1\x00"), b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
]  # fmt: skip

SIZES = [0, 1, 100, 4_000, 16_000, 65_536, 200_000, 1_000_000]
SIZE_WEIGHTS = [10, 10, 30, 25, 15, 6, 3, 1]


class Trouble(Exception):
    """A request was not answered as it should have been."""


class Client:
    """One thread of clients."""

    def __init__(self, seed: str, account: Account, places: Dict[str, str], file: bytes, trunks: Trunks):
        self.random = random.Random(seed)
        self.account = account
        self.ways = Ways(places, trunks)
        self.file = file
        self.direct = list(DIRECT.items())
        self.all = list({**DIRECT, **NGINX}.items())

    def one(self) -> None:
        """Asks one thing, and accounts for it."""
        kind = self.random.choices(list(KINDS), list(KINDS.values()))[0]
        ways = [(way, often) for way, often in self.all if way in ONLY.get(kind, (way,))]
        way = self.random.choices([way for way, _ in ways], [often for _, often in ways])[0]
        self.ask(kind, way)

    def ask(self, kind: str, way: str, n: int = 0) -> None:
        attempt = self.account.begin(kind, way)
        exchanges: list = []
        try:
            work: Callable = getattr(self, f"_{kind}", self._plain)
            if work(attempt, exchanges, n) == "left":
                self.account.left(attempt)
            else:
                self.account.right(attempt)
        except (Trouble, OSError, AssertionError) as trouble:
            self.account.failed(attempt, f"{type(trouble).__name__}: {trouble}"[:500])
        except Exception:  # a fault of these tests must not end them, nor be forgotten
            self.account.failed(attempt, traceback.format_exc())
            self.account.fault(f"the client failed: {traceback.format_exc()}")
        finally:
            for exchange in exchanges:
                try:
                    exchange.close()
                except Exception:
                    pass

    # What is asked.

    def _plain(self, attempt, exchanges, n):
        if attempt.kind in ("digest", "echo"):
            body = self._body(self.random.choices(SIZES, SIZE_WEIGHTS)[0])
        elif attempt.kind == "ignore":
            body = self._body(self.random.choice([5_000, 100_000, 400_000]))
        else:
            body = b""
        if attempt.kind == "page":
            n = self.random.randrange(60_000)
        elif attempt.kind == "sleep":
            n = self.random.randrange(40)
        elif attempt.kind == "stream":
            n = self.random.randrange(1, 40)
        self._check(attempt, self._answer(attempt, exchanges, body, n), body, n)

    def _body(self, size):
        at = self.random.randrange(max(1, min(4096, len(BLOB) - size)))
        return BLOB[at:at + size]

    def _begin(self, attempt, exchanges, path, n, length, slowly=False):
        method = "POST" if length or path in ("digest", "echo", "ignore") else "GET"
        exchange = self.ways.begin(attempt, method, "/" + path, f"{attempt.number}.{n}", length, slowly)
        exchanges.append(exchange)
        return exchange

    def _answer(self, attempt, exchanges, body, n, path=None) -> Answer:
        while True:
            exchange = self._begin(attempt, exchanges, path or attempt.kind, n, len(body))
            exchange.send_all(body)
            answer = exchange.answer()
            if answer.status == 0 and self.account.again(attempt):
                attempt.used = False
                continue
            # What an app leaves broken off ends the connection, or need not.
            kept = answer.whole and exchanges.pop() is exchange
            if kept:
                self.ways.end(attempt, exchange, True)
            return answer

    def _check(self, attempt: Attempt, answer: Answer, body: bytes, n: int) -> None:
        kind, wanted, status = attempt.kind, None, 200
        if kind in ("hello", "sleep", "thread", "hold"):
            wanted = b"hello %d\n" % attempt.number
        elif kind in ("page", "slow_reader"):
            at = attempt.number % 4096
            wanted = BLOB[at:at + n]
        elif kind in ("digest", "slow_sender"):
            wanted = hashlib.sha256(body).hexdigest().encode()
        elif kind in ("echo", "spool"):
            wanted = body
        elif kind == "ignore":
            wanted, status = b"not read", 403
        elif kind == "file":
            wanted = self.file
        elif kind == "stream":
            wanted = b"".join(b"%d %d\n" % (attempt.number, one) for one in range(n))
        elif kind == "hog":
            status = 500
        elif kind == "fail":
            status = 500
        elif kind == "fail_late":
            # Behind a server that has no way to say so, all that shows is that some of it is missing.
            if answer.status not in (0, 200, 502) or len(answer.body) >= 100_000 or not BLOB.startswith(answer.body):
                raise Trouble(f"status {answer.status}, {len(answer.body)} bytes")
            if answer.status != 200 or (answer.whole and not attempt.way.startswith("nginx")):
                raise Trouble(f"status {answer.status}, whole: {answer.whole}, {len(answer.body)} bytes")
            return
        if answer.status != status:
            raise Trouble(f"status {answer.status} instead of {status}; {answer.body[:100]!r} {answer.stderr[:200]!r}")
        if wanted is None:
            return
        if answer.get("X-Number") != str(attempt.number):
            self.account.fault(f"the answer to another request: {answer.headers} for {attempt}")
        if answer.body != wanted:
            # Fewer bytes are a loss; other bytes are worse than that.
            if not wanted.startswith(answer.body):
                self.account.fault(f"other bytes than were asked for: {attempt}: {answer.body[:60]!r}")
            raise Trouble(f"{len(answer.body)} bytes instead of {len(wanted)}")
        if not answer.whole:
            raise Trouble("the answer is not whole")

    def _fail_late(self, attempt, exchanges, n):
        exchange = self._begin(attempt, exchanges, "fail_late", 0, 0)
        exchange.send_all(b"")
        try:
            answer = exchange.answer()
        except AssertionError as error:
            # Where a connection breaks off inside a record, that is how it shows.
            if attempt.way.startswith("fastcgi") and "inside" in str(error):
                return
            raise
        if answer.status == 0 and self.account.again(attempt):
            attempt.used = False
            return self._fail_late(attempt, exchanges, n)
        self._check(attempt, answer, b"", 0)

    def _slow_reader(self, attempt, exchanges, n):
        n = self.random.randrange(300_000, 700_000)
        exchange = self._begin(attempt, exchanges, "page", n, 0, slowly=True)
        exchange.send_all(b"")
        self._check(attempt, exchange.answer(), b"", n)

    def _slow_sender(self, attempt, exchanges, n):
        body = self._body(4_000)
        while True:
            exchange = self._begin(attempt, exchanges, "digest", 0, len(body))
            for at in range(0, len(body), 200):
                exchange.send(body[at:at + 200])
                time.sleep(0.03)
            exchange.end()
            answer = exchange.answer()
            if answer.status == 0 and self.account.again(attempt):
                attempt.used = False
                continue
            return self._check(attempt, answer, body, 0)

    def _spool(self, attempt, exchanges, n):
        """Sends all of it before it reads: some of it goes to a file."""
        body = BLOB * 3
        exchange = self._begin(attempt, exchanges, "echo", 0, len(body))
        for at in range(0, len(body), 65_536):
            if not exchange.send(body[at:at + 65_536]):
                break
        exchange.end()
        self._check(attempt, exchange.answer(), body, 0)

    def _leave(self, attempt, exchanges, n):
        """Goes away, at some stage."""
        stage = self.random.randrange(5)
        try:
            if stage == 0:
                exchange = self._begin(attempt, exchanges, "digest", 0, 100_000)
                exchange.send(BLOB[:self.random.randrange(1, 50_000)])
            elif stage == 1:
                self._begin(attempt, exchanges, "page", 1_000_000, 0).end()
            elif stage == 2:
                exchange = self._begin(attempt, exchanges, "page", 1_000_000, 0)
                exchange.end()
                exchange.block()
            elif stage == 3:
                self._begin(attempt, exchanges, "sleep", 30, 0).end()
            else:
                exchange = self._begin(attempt, exchanges, "stream", 1000, 0)
                exchange.end()
                exchange.block()
            exchanges[-1].abort()
        except (OSError, AssertionError):
            pass
        return "left"

    def _nonsense(self, attempt, exchanges, n):
        try:
            with connected(Connection, self.ways.places[attempt.way]) as connection:
                connection.send(self.random.choice(NONSENSE))
                if self.random.randrange(2):
                    connection.stop_sending()
                    connection.read_to_end()
                else:
                    connection.abort()
        except OSError:
            pass
        return "left"


class Load:
    """Client threads at a common rate, which can rest for a while."""

    def __init__(self, threads: int, seed: int, account: Account, places: Dict[str, str], file: bytes):
        self.account = account
        self.over = threading.Event()
        self.go = threading.Event()
        self.trunks = Trunks(places["fastcgi"], account)
        self.clients = [Client(f"{seed}.{number}", account, places, file, self.trunks) for number in range(threads)]
        self.threads = [threading.Thread(target=self._run, args=(client,), daemon=True) for client in self.clients]
        self.lock = threading.Lock()
        self.rate = 300.0
        self.due = time.monotonic()
        #: Threads that are asking or about to.
        self.busy = 0

    def start(self) -> None:
        for thread in self.threads:
            thread.start()
        self.go.set()

    def _run(self, client: Client) -> None:
        while not self.over.is_set():
            wait = self._turn()
            if wait is None:
                client.ways.close()
                self.go.wait(1)
                continue
            if wait > 0:
                self.over.wait(wait)
            try:
                client.one()
            except Exception:
                self.account.fault(f"a client thread failed: {traceback.format_exc()}")
            with self.lock:
                self.busy -= 1
        client.ways.close()

    def _turn(self) -> Optional[float]:
        """How long a thread has to wait before it asks; `None` if nothing is asked now."""
        with self.lock:
            if not self.go.is_set():
                return None
            self.busy += 1
            # Behind its time it does not catch up at once, but at the rate that it is told.
            now = time.monotonic()
            self.due = max(self.due + 1 / self.rate, now - 0.25)
            return self.due - now

    def rest(self, seconds: float = 120) -> bool:
        """Stops asking and waits until nothing is under way."""
        with self.lock:
            self.go.clear()
        deadline = time.monotonic() + seconds
        # Who was only about to ask would open a shared connection after all are closed.
        while (self.busy or self.account.under_way) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.trunks.close()
        return not (self.busy or self.account.under_way)

    def resume(self) -> None:
        self.due = time.monotonic()
        self.go.set()

    def end(self) -> None:
        self.over.set()
        self.go.set()
        for thread in self.threads:
            thread.join(120)
