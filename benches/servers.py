"""The back ends, each with a unix socket of its own, and the command that starts each."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class BackEnd:
    who: str  # janua, uWSGI, flup6, floor
    protocol: str  # scgi, fastcgi
    threads: int
    purpose: str = ""  # tells one apart that has a task of its own

    def __str__(self):
        protocol = {"scgi": "SCGI", "fastcgi": "FastCGI"}[self.protocol]
        if self.keeps_connections:
            protocol += " kept open"
        if self.who == "flup6":
            return f"{self.who}, {protocol}, threads as it likes"
        purpose = f", {self.purpose}" if self.purpose else ""
        return f"{self.who}, {protocol}, {self.threads} thread{'s' if self.threads > 1 else ''}{purpose}"

    @property
    def short(self) -> str:
        return f"{self.who.lower()}-{self.protocol}-{self.threads}{self.purpose}"

    @property
    def keeps_connections(self) -> bool:
        """Whether nginx may keep FastCGI connections open. uWSGI closes each, whatever nginx asks for."""
        return self.protocol == "fastcgi" and self.who in ("janua", "floor")


def janua(protocol, threads):
    return BackEnd("janua", protocol, threads)


def uwsgi(protocol, threads):
    return BackEnd("uWSGI", protocol, threads)


def floor(protocol):
    return BackEnd("floor", protocol, 1)


#: Not the one whose memory is compared: nobody else has to hold 1,000 connections.
IDLE = BackEnd("janua", "fastcgi", 1, "idle")

#: Its defaults: with a limit of threads it turns away connections that find none free.
FLUP = BackEnd("flup6", "fastcgi", 0)


@dataclass(frozen=True)
class Programs:
    janua: Path
    bin: Path  # of the environment with uWSGI and flup6
    floor: Path

    def command(self, back_end: BackEnd, path: Path) -> list:
        """What starts a back end that listens on the socket `path`."""
        app, threads = HERE / "app.py", back_end.threads
        if back_end.who == "janua":
            address = f"--{back_end.protocol}=unix:{path}"
            return [self.janua, "serve", f"--threads={threads}", "--socket-mode=0666", address, app]
        if back_end.who == "uWSGI":
            # Without --threads uWSGI leaves Python's lock alone altogether, its fastest way with one thread.
            return [
                self.bin / "uwsgi", f"--{back_end.protocol}-socket={path}", "--chmod-socket=666",
                "--master", "--processes=1", *([f"--threads={threads}"] if threads > 1 else []),
                f"--wsgi-file={app}", "--need-app", "--disable-logging", "--die-on-term",
            ]  # fmt: skip
        if back_end.who == "flup6":
            return [self.bin / "python", HERE / "under_flup.py", path]
        return [self.floor, back_end.protocol, path]


def end_group(leader: subprocess.Popen):
    """Ends a process that leads a group of its own, and what is left of that group."""
    leader.terminate()
    try:
        leader.wait(10)
    except subprocess.TimeoutExpired:
        pass
    try:
        os.killpg(leader.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    leader.wait()


class Server:
    """A running process that listens on a unix socket."""

    def __init__(self, command: list, path: Path, log: Path, environment: dict | None = None, user: dict | None = None):
        self.path, self.log = path, log
        # janua takes settings from JANUA_ variables, uWSGI from UWSGI_; none are meant for these.
        env = {name: value for name, value in os.environ.items() if not name.startswith(("JANUA_", "UWSGI_"))}
        env.update(environment or {})
        with log.open("ab") as output:
            self.popen = subprocess.Popen(
                [str(word) for word in command], env=env, start_new_session=True, cwd=path.parent,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, **(user or {}),
            )  # fmt: skip

    @property
    def pid(self) -> int:
        return self.popen.pid

    def wait(self, seconds: float = 20):
        """Until something accepts connections."""
        deadline = time.monotonic() + seconds
        while True:
            with socket.socket(socket.AF_UNIX) as attempt:
                if attempt.connect_ex(str(self.path)) == 0:
                    return
            if self.popen.poll() is not None or time.monotonic() > deadline:
                said = self.log.read_text(errors="replace")
                raise RuntimeError(f"{self.popen.args[0]} does not listen; it said:\n{said}")
            time.sleep(0.02)

    def stop(self):
        end_group(self.popen)
