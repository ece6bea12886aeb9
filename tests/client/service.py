"""Starts `janua serve` for a while."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import List, Sequence

from .connection import SLOWNESS, connect
from .ports import free_port

#: Seconds that a service may take to start or to stop.
PATIENCE = 20.0 * SLOWNESS


class Service:
    """A running `janua serve` with one socket of each kind, its log in a file.

    `http` is on TCP, `scgi` and `fastcgi` are unix sockets, `fastcgi_tcp` and `scgi_tcp` the same on TCP.
    """

    def __init__(self, command: Sequence[str], folder: Path, app: str, options: Sequence[str] = ()):
        self.http = f"127.0.0.1:{free_port()}"
        self.scgi = f"unix:{folder}/scgi.sock"
        self.scgi_tcp = f"127.0.0.1:{free_port()}"
        self.fastcgi = f"unix:{folder}/fastcgi.sock"
        self.fastcgi_tcp = f"127.0.0.1:{free_port()}"
        self.log_file = folder / "log"
        listen = ["--http", self.http, "--scgi", self.scgi, "--scgi", self.scgi_tcp,
                  "--fastcgi", self.fastcgi, "--fastcgi", self.fastcgi_tcp]
        # Settings of whoever runs the tests must not become settings of the service.
        environ = {name: value for name, value in os.environ.items() if not name.startswith("JANUA_")}
        with open(self.log_file, "wb") as log:
            self.process = subprocess.Popen(
                [*command, "serve", *options, *listen, *([app] if app else [])],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder, env=environ)
        self._wait_until_open()

    def sockets(self) -> List[str]:
        return [self.http, self.scgi, self.scgi_tcp, self.fastcgi, self.fastcgi_tcp]

    def _wait_until_open(self) -> None:
        deadline = time.monotonic() + PATIENCE
        for where in self.sockets():
            while True:
                try:
                    connect(where).close()
                    break
                except OSError:
                    if self.process.poll() is not None or time.monotonic() > deadline:
                        self.stop()
                        raise RuntimeError(f"janua does not listen on {where}; its log:\n{self.log()}")
                    time.sleep(0.02)

    def log(self, start: int = 0) -> str:
        """What has been logged, from a byte offset on."""
        with open(self.log_file, "rb") as log:
            log.seek(start)
            return log.read().decode("utf-8", "replace")

    def log_size(self) -> int:
        return os.path.getsize(self.log_file)

    def wait_for_log(self, text: str, start: int = 0, seconds: float = 5.0) -> str:
        """The log from `start` on as soon as it contains `text`, or as it is when the time has run out."""
        deadline = time.monotonic() + seconds
        while text not in self.log(start) and time.monotonic() < deadline:
            time.sleep(0.02)
        return self.log(start)

    def stop(self) -> int:
        """Asks the service to stop and gives its exit status."""
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise RuntimeError(f"janua did not stop within {PATIENCE} s; its log:\n{self.log()}")
        return self.process.returncode
