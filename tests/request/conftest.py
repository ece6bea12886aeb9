"""`janua request` against a real service, and against back ends that answer as they should not."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
from pathlib import Path
from typing import NamedTuple

import pytest


class Done(NamedTuple):
    """A finished `janua request`."""

    status: int
    out: bytes
    err: str

    def said(self) -> dict:
        """What the app was asked."""
        assert (self.status, self.err) == (0, ""), self
        return json.loads(self.out)

    def line(self) -> str:
        """The one line on stderr."""
        (line,) = self.err.splitlines()
        assert line.startswith("janua: ")
        return line


@pytest.fixture(scope="session")
def service(start_service):
    return start_service(str(Path(__file__).parent / "app.py"), "--threads", "4")


@pytest.fixture(scope="session", params=["fastcgi", "fastcgi_tcp", "scgi", "scgi_tcp", "http"])
def back_end(request, service) -> str:
    """Each socket of the service, as the first argument of the command."""
    return f"{request.param.partition('_')[0]}:{getattr(service, request.param)}"


@pytest.fixture(scope="session")
def command(janua_command):
    return [*janua_command, "request"]


@pytest.fixture(scope="session")
def ask(command):
    def ask(*words, data=b"") -> Done:
        done = subprocess.run(
            [*command, *words], input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
            env={name: value for name, value in os.environ.items() if not name.startswith("JANUA_")},
        )  # fmt: skip
        return Done(done.returncode, done.stdout, done.stderr.decode())

    return ask


@pytest.fixture
def answering(tmp_path):
    """Call it with bytes to get the address of a back end that reads a little, answers those, and closes."""
    listeners = []

    def answering(reply: bytes, reset: bool = False) -> str:
        path = str(tmp_path / f"fake{len(listeners)}.sock")
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen(1)
        listeners.append(listener)

        def work():
            with listener.accept()[0] as connection:
                if not reset:
                    connection.recv(1 << 16)
                connection.sendall(reply)
                # Closing a unix socket with something unread in it resets the connection.

        threading.Thread(target=work, daemon=True).start()
        return f"unix:{path}"

    yield answering
    for listener in listeners:
        listener.close()
