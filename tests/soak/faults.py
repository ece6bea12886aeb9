"""What goes wrong meanwhile, on purpose. Each fault writes down beforehand whose requests it may cost."""

from __future__ import annotations

import os
import random
import resource
import signal
import socket
import threading
import time
import traceback
from collections import Counter
from typing import Callable, Optional

from client import scgi
from client.exchange import Exchange
from client.connection import Connection
from client.params import nginx_scgi

from .account import Account, Death
from .load import Client
from .measure import children, descriptors, holding, peers
from .nginx import Nginx

#: Seconds that a worker is left alone after its start: one that ends sooner is replaced ever more slowly.
SETTLED = 32.0

#: A socket's queue as the service is told to make it.
BACKLOG = 128

#: Each fault and how often it is chosen.
FAULTS = {
    "kill_worker": 5, "ask_worker_to_go": 4, "stop_and_continue": 3, "signals": 4, "no_descriptors": 3,
    "no_descriptors_for_anybody": 2, "full_queue": 2, "no_memory": 3, "disk_full": 3, "lock_held": 3,
    "nginx_restarted": 3, "nginx_reloaded": 2, "idle_crowd": 2,
}  # fmt: skip


class Faults:
    """Does one fault after the other, at times that the seed tells."""

    def __init__(self, seed: int, account: Account, supervisor: int, nginx: Optional[Nginx], client: Client, ports):
        self.random = random.Random(f"{seed}.faults")
        self.account = account
        self.supervisor = supervisor
        self.nginx = nginx
        self.client = client
        #: Ports of the service by which nginx comes.
        self.ports = set(ports)
        self.done: Counter = Counter()
        self.lock = threading.Lock()
        #: One worker lives from the beginning to the end, so that what it holds can be compared; the other is fair game.
        self.steady = children(supervisor)[0]
        self.seen = {}
        self.over = threading.Event()
        self.quiet = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self.thread.start()

    def _run(self) -> None:
        while not self.over.wait(self.random.uniform(5, 15)):
            self.notice()
            with self.lock:
                if not self.quiet.is_set() and not self.over.is_set():
                    # Not each can be done at any time; a worker that is still young is left alone.
                    names = self.random.choices(list(FAULTS), list(FAULTS.values()), k=4)
                    any(self.one(name) for name in names)

    def one(self, name: str) -> bool:
        """Does a fault. False if it could not be done now."""
        work: Callable[[], bool] = getattr(self, name)
        try:
            if work():
                self.done[name] += 1
                self.account.note(f"fault: {name}")
                return True
        except (ProcessLookupError, FileNotFoundError):
            pass  # the worker in question has just ended
        except Exception:
            self.account.fault(f"the fault {name} failed: {traceback.format_exc()}")
        return False

    def end(self) -> None:
        self.over.set()
        self.thread.join(120)

    def notice(self) -> None:
        """Looks which workers there are."""
        for pid in children(self.supervisor):
            self.seen.setdefault(pid, time.monotonic())

    def victim(self, settled: bool = True) -> Optional[int]:
        """The worker that may be ended, if it has lived long enough and serves."""
        self.notice()
        for pid in children(self.supervisor):
            if pid != self.steady and (not settled or time.monotonic() - self.seen[pid] > SETTLED):
                return pid
        return None

    def any_worker(self) -> int:
        return self.random.choice(children(self.supervisor))

    def _end(self, number: int) -> bool:
        pid = self.victim()
        if pid is None:
            return False
        os.kill(pid, signal.SIGSTOP)
        try:
            tokens, servers = peers(pid, self.ports)
            death = Death(pid, time.monotonic(), number == signal.SIGKILL, tokens, servers)
            with self.account.lock:
                self.account.deaths.append(death)
            os.kill(pid, number)
        finally:
            os.kill(pid, signal.SIGCONT)
        return True

    def kill_worker(self) -> bool:
        return self._end(signal.SIGKILL)

    def ask_worker_to_go(self) -> bool:
        return self._end(signal.SIGTERM)

    def stop_and_continue(self) -> bool:
        """A worker, or the supervisor, does nothing for a while."""
        pid = self.random.choice([self.supervisor, *children(self.supervisor)])
        os.kill(pid, signal.SIGSTOP)
        try:
            time.sleep(self.random.uniform(0.01, 1.0))
        finally:
            os.kill(pid, signal.SIGCONT)
        return True

    def signals(self) -> bool:
        """Many signals that end nothing, some with a handler of Python's."""
        for _ in range(200):
            pid = self.any_worker()
            # Until the app is there nobody handles it, and it ends the process.
            if self._handles(pid, signal.SIGUSR1):
                os.kill(pid, signal.SIGUSR1)
            os.kill(pid, signal.SIGWINCH)
            os.kill(self.supervisor, signal.SIGCHLD)
            time.sleep(0.005)
        return True

    @staticmethod
    def _handles(pid: int, number: int) -> bool:
        with open(f"/proc/{pid}/status") as status:
            caught = next(int(line.split()[1], 16) for line in status if line.startswith("SigCgt"))
        return bool(caught >> (number - 1) & 1)

    def _limited(self, pids, limit: int, value: Callable[[int], int], seconds: float, meanwhile=None) -> bool:
        before = {}
        try:
            for pid in pids:
                before[pid] = resource.prlimit(pid, limit)
                resource.prlimit(pid, limit, (value(pid), before[pid][1]))
            if meanwhile:
                meanwhile()
            time.sleep(seconds)
        finally:
            for pid, old in before.items():
                try:
                    resource.prlimit(pid, limit, old)
                except ProcessLookupError:
                    pass
        return True

    def _no_descriptors(self, pids) -> bool:
        # Each request on a shared connection needs two of its own inside of janua.
        window = self.account.open_window("no descriptors were left", kinds=("file", "spool", "slow_sender"),
                                          ways=("fastcgi_shared",))
        try:
            # As many as there are: the number is that of the highest, plus one.
            seconds = self.random.uniform(0.5, 2)
            return self._limited(pids, resource.RLIMIT_NOFILE, lambda pid: len(descriptors(pid)), seconds)
        finally:
            window.ended = time.monotonic() + 0.5

    def no_descriptors(self) -> bool:
        return self._no_descriptors([self.any_worker()])

    def no_descriptors_for_anybody(self) -> bool:
        return self._no_descriptors(children(self.supervisor))

    def disk_full(self) -> bool:
        """A body cannot be put away, as on a full disk: files end after 64 KiB."""
        # A body that its app does not read at once must not hold up the others of a shared connection: it is put away.
        window = self.account.open_window("no space was left for its body", kinds=("spool",), ways=("fastcgi_shared",))
        try:
            def meanwhile():
                # In threads of their own: nothing that goes wrong with them may hold up what follows.
                threads = [threading.Thread(target=self.client.ask, args=("spool", "scgi"), daemon=True) for _ in range(3)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join(10)

            return self._limited(children(self.supervisor), resource.RLIMIT_FSIZE, lambda pid: 65536, 0.2, meanwhile)
        finally:
            window.ended = time.monotonic() + 0.5

    def no_memory(self) -> bool:
        """An app asks for more memory than a worker may have."""

        def room(pid: int) -> int:
            with open(f"/proc/{pid}/status") as status:
                size = next(int(line.split()[1]) for line in status if line.startswith("VmSize"))
            return (size + 128 * 1024) * 1024

        def meanwhile():
            for _ in range(6):
                self.client.ask("hog", self.random.choice(["scgi", "fastcgi", "http"]), 512)

        # A worker that is just starting needs to load its app.
        pids = [pid for pid in children(self.supervisor) if self._handles(pid, signal.SIGUSR1)]
        if len(pids) < 2:
            return False
        return self._limited(pids, resource.RLIMIT_AS, room, 0.1, meanwhile)

    def lock_held(self) -> bool:
        """An extension keeps Python's lock for seconds."""
        self.client.ask("hold", self.random.choice(["scgi", "fastcgi"]), self.random.randrange(500, 3000))
        return True

    def full_queue(self) -> bool:
        """Nobody accepts, and more connect than the queue can hold. All of them are served in the end."""
        pids = children(self.supervisor)
        waiting = []
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            where = self.client.ways.places["scgi"][len("unix:"):]
            for _ in range(2 * BACKLOG):
                sock = socket.socket(socket.AF_UNIX)
                sock.setblocking(False)
                try:
                    sock.connect(where)
                except BlockingIOError:
                    sock.close()
                    break
                waiting.append(sock)
            full = len(waiting) < 2 * BACKLOG
            time.sleep(0.5)
        finally:
            for pid in pids:
                try:
                    os.kill(pid, signal.SIGCONT)
                except ProcessLookupError:
                    pass
        for sock in waiting:
            attempt = self.account.begin("hello", "scgi")
            connection = Connection.__new__(Connection)
            connection.socket, connection.reset = sock, False
            sock.settimeout(60)
            attempt.on(sock)
            try:
                exchange = Exchange(connection, "GET")
                exchange.send(scgi.head(nginx_scgi("GET", "/hello", f"{attempt.number}.0", (), 0)))
                answer = exchange.answer()
                if answer.body == b"hello %d\n" % attempt.number:
                    self.account.right(attempt)
                else:
                    self.account.failed(attempt, f"from a full queue: {answer}")
            except (OSError, AssertionError) as error:
                self.account.failed(attempt, f"from a full queue: {error}")
            finally:
                sock.close()
        # A worker that has come meanwhile accepts, and then it is none.
        return full

    def idle_crowd(self) -> bool:
        """Many connect, say little or nothing, and go."""
        crowd = []
        try:
            for number in range(200):
                way = self.random.choice(["scgi", "fastcgi", "http", "scgi_tcp", "fastcgi_tcp"])
                connection = Connection(self.client.ways.places[way], 60)
                crowd.append(connection)
                connection.send({"s": b"70:CONT", "f": b"\x01\x01\x00\x01", "h": b"GET /hello"}[way[0]][:number % 5])
            time.sleep(self.random.uniform(0, 3))
        except BlockingIOError:
            pass  # the queue is full of them
        finally:
            for connection in crowd:
                connection.abort() if self.random.randrange(2) else connection.close()
        return True

    NGINX_WAYS = ("nginx_scgi", "nginx_fastcgi", "nginx_kept", "nginx_unbuffered")

    def nginx_restarted(self) -> bool:
        window = self.account.open_window("nginx was restarted", ways=self.NGINX_WAYS)
        try:
            self.nginx.stop()
            time.sleep(self.random.uniform(0, 0.5))
            self.nginx.start()
        finally:
            window.ended = time.monotonic()
        return True

    def nginx_reloaded(self) -> bool:
        self.nginx.reload()
        return True

    def holdings(self):
        """What the steady worker, the other one and the supervisor hold."""
        others = [pid for pid in children(self.supervisor) if pid != self.steady]
        other = holding(others[0]) if others else None
        return holding(self.steady), other, holding(self.supervisor)
