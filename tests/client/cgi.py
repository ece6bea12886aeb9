"""A client for CGI (RFC 3875): it starts a process for each request, as mod_cgi does."""

from __future__ import annotations

import errno
import os
import select
import subprocess
import tempfile
import time
from typing import List, Mapping, NamedTuple, Optional

from .answer import Answer
from .connection import PATIENCE, Block
from .exchange import Exchange
from .params import Headers, apache_cgi, with_changes


class Program(NamedTuple):
    """What to start, and the folder to start it in."""

    command: List[str]
    folder: Optional[str] = None


class Process:
    """A running CGI program: stdin and stdout as a connection, stderr in a file."""

    def __init__(self, program: Program, environ: Mapping[bytes, bytes]):
        self.errors = tempfile.TemporaryFile()
        self.process = self._start(program, environ, time.monotonic() + PATIENCE)

    def _start(self, program: Program, environ: Mapping[bytes, bytes], deadline: float) -> subprocess.Popen:
        while True:
            try:
                return subprocess.Popen(
                    program.command, bufsize=0, env=environ, cwd=program.folder,
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors)
            except OSError as error:
                # Another thread forked while the script was being written: its child has it open until it runs what it is to.
                if error.errno != errno.ETXTBSY or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    def send(self, data: bytes) -> bool:
        try:
            view = memoryview(data)
            while view:
                view = view[self.process.stdin.write(view):]
            return True
        except BrokenPipeError:
            return False

    def stop_sending(self) -> None:
        self.process.stdin.close()

    def read(self, size: int = 65536) -> Block:
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        assert ready, f"nothing on stdout for {PATIENCE} s"
        return Block(os.read(self.process.stdout.fileno(), size), time.monotonic())

    def wait(self) -> int:
        """The exit status; negative for a signal."""
        return self.process.wait(PATIENCE)

    def stderr(self) -> bytes:
        self.errors.seek(0)
        return self.errors.read()

    def abort(self) -> None:
        """The server lost its client: it closes its ends of the pipes."""
        self.process.stdin.close()
        self.process.stdout.close()

    def close(self) -> None:
        self.abort()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class CgiExchange(Exchange):
    """A CGI program at work."""

    def end(self) -> None:
        self.connection.stop_sending()

    def _finished(self) -> None:
        self.app_status = self.connection.wait()

    def _stderr(self) -> bytes:
        return self.connection.stderr()


def begin(where: Program, method: str = "GET", path: str = "/", query: str = "", headers: Headers = (),
          params: Optional[Mapping[str, Optional[str]]] = None, length: Optional[int] = 0) -> CgiExchange:
    """Starts the program. Without a `length` the body ends where stdin ends."""
    pairs = with_changes(apache_cgi(method, path, query, headers, length), params or {})
    return CgiExchange(Process(where, dict(pairs)), method)


def ask(where: Program, method: str = "GET", path: str = "/", query: str = "", headers: Headers = (),
        body: bytes = b"", params: Optional[Mapping[str, Optional[str]]] = None, sized: bool = True) -> Answer:
    """One whole request. `params` replaces, adds or (None) removes variables."""
    with begin(where, method, path, query, headers, params, len(body) if sized else None) as exchange:
        exchange.send_all(body)
        return exchange.answer()
