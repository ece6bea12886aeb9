"""A stand-in for `janua-cgi`: it makes the socket, starts the backend and hands requests over."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional

import pytest

from client import fastcgi
from client.fastcgi import FastCgi, FastCgiExchange
from client.patience import until

APP = Path(__file__).with_name("app.py")

KEY = "0123456789abcdef" * 2

GET_VALUES = fastcgi.record(fastcgi.GET_VALUES, 0, fastcgi.pairs([(b"FCGI_MAX_CONNS", b"")]))


class NotTaken(Exception):
    """No backend has taken the request, so it can be handed to another."""


class File(NamedTuple):
    changed: int
    size: int
    inode: int
    path: str

    def differs(self) -> bool:
        try:
            found = os.stat(self.path)
        except OSError:
            return True
        return (found.st_mtime_ns, found.st_size, found.st_ino) != self[:3]


class State(NamedTuple):
    pid: int
    started: float
    broken: bool
    requests: int
    app: str
    files: List[File]

    def stale(self) -> bool:
        return any(file.differs() for file in self.files)

    def watched(self) -> Dict[str, File]:
        return {Path(file.path).name: file for file in self.files}


class Relay:
    """What all `janua-cgi` processes of one script together do."""

    def __init__(self, command, folder: Path, app: Path, **variables: str):
        self.command, self.folder, self.app = command, folder, app
        self.prefix = folder / KEY
        self.socket, self.state_file, self.lock_file, self.log_file = (
            folder / f"{KEY}.{ending}" for ending in ("socket", "state", "lock", "log"))  # fmt: skip
        self.variables = variables
        self.processes: List[subprocess.Popen] = []

    def start(self) -> subprocess.Popen:
        """Starts a backend in the place of whatever there was."""
        with open(self.lock_file, "wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            fresh = self.folder / f"{KEY}.fresh"
            with socket.socket(socket.AF_UNIX) as listener:
                fresh.unlink(missing_ok=True)
                listener.bind(str(fresh))
                listener.listen(128)
                fresh.rename(self.socket)
                self.state_file.unlink(missing_ok=True)
                keep = {name: value for name, value in os.environ.items() if not name.startswith("JANUA_")}
                environ = {**keep, **self.variables, "JANUA_CGI_BACKEND": str(self.prefix)}
                with open(self.log_file, "ab") as log:
                    self.processes.append(subprocess.Popen(
                        [*self.command, str(self.app)], stdin=listener, stdout=log, stderr=log,
                        cwd=self.app.parent, env=environ, start_new_session=True))  # fmt: skip
        return self.processes[-1]

    @property
    def process(self) -> subprocess.Popen:
        return self.processes[-1]

    def state(self) -> Optional[State]:
        try:
            lines = self.state_file.read_text().splitlines()
        except FileNotFoundError:
            return None
        assert lines[0] == "janua-cgi 1"
        pairs = [line.split(" ", 1) for line in lines[1:]]
        said = dict(pairs)
        files = [value.split(" ", 3) for name, value in pairs if name == "file"]
        return State(
            int(said["pid"]), float(said["started"]), said["broken"] == "1", int(said["requests"]), said["app"],
            [File(int(changed), int(size), int(inode), path) for changed, size, inode, path in files],
        )  # fmt: skip

    def begin(self, path: str = "/", wait: bool = True, **options) -> FastCgiExchange:
        """Hands one request over and waits until it is taken."""
        try:
            connection = FastCgi(f"unix:{self.socket}")
        except OSError as error:
            raise NotTaken from error
        method = options.pop("method", "GET")
        length = options.pop("length", 0)
        params = fastcgi.stock(method, path, options.pop("query", ""), length=length, params=options.pop("params", None))
        connection.socket.settimeout(options.pop("patience", 20))
        if not connection.send(GET_VALUES + fastcgi.head(1, params)):
            raise NotTaken
        exchange = FastCgiExchange(connection, method, 1)
        if wait:
            self.taken(exchange)
        return exchange

    def taken(self, exchange: FastCgiExchange) -> None:
        try:
            acknowledged = exchange.connection.record()
        except AssertionError:
            acknowledged = None
        if acknowledged is None:
            exchange.connection.close()
            raise NotTaken
        assert acknowledged.kind == fastcgi.GET_VALUES_RESULT, acknowledged

    def once(self, path: str = "/", body: bytes = b"", **options):
        """One request, to whichever backend listens now."""
        options.setdefault("length", len(body))
        with self.begin(path, **options) as exchange:
            exchange.send_all(body)
            return exchange.answer()

    def ask(self, path: str = "/", **options):
        """One request, as `janua-cgi` does it. A backend whose code has changed is replaced."""
        for _ in range(3):
            state = self.state()
            if not self.socket.exists() or (state is not None and state.stale()):
                self.start()
            try:
                return self.once(path, **options)
            except NotTaken:
                if self.process.poll() is not None:
                    self.socket.unlink(missing_ok=True)
        raise AssertionError(f"nobody took the request; the log:\n{self.log()}")

    def log(self) -> str:
        return self.log_file.read_text("utf-8", "replace")

    def ended(self, seconds: float = 15.0) -> int:
        """The exit status of the last backend, once it has ended."""
        return self.process.wait(seconds)

    def end(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                os.kill(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def relay(janua_command):
    """Call it with an app, and variables of the backend's environment, to get a `Relay`."""
    relays = []

    def make(app: Path = APP, **variables: str) -> Relay:
        # The names of pytest's own folders may be too long for a socket.
        folder = Path(tempfile.mkdtemp(prefix="janua-test-"))
        relays.append(Relay(janua_command, folder, app, **variables))
        return relays[-1]

    yield make
    for made in relays:
        made.end()
        shutil.rmtree(made.folder, ignore_errors=True)


@pytest.fixture
def script(tmp_path):
    """Writes the app's script, or a module beside it, and makes sure that it is not dated now."""

    def write(text: str, name: str = "app.cgi", old: bool = True) -> Path:
        folder = tmp_path / "site"
        folder.mkdir(exist_ok=True)
        path = folder / name
        path.write_text(text)
        if old:
            past = time.time_ns() - 3_600_000_000_000
            os.utime(path, ns=(past, past + len(text)))
        return path

    return write
