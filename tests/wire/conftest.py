"""A service with one thread: whatever holds that thread, holds everybody up."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from client import http
from client.connection import Connection
from client.service import Service


@pytest.fixture(scope="session")
def wire(start_service) -> Service:
    return start_service(str(Path(__file__).parent / "app.py"))


def said(answer) -> dict:
    """What the app was asked."""
    assert answer.status == 200 and answer.whole, answer
    return json.loads(answer.body)


def calls(wire: Service) -> int:
    """How often the app has been called, this time included."""
    return said(http.ask(wire.http))["calls"]


class Watch:
    """What one malformed connection does to the service: nothing but one line in the log."""

    def __init__(self, wire: Service):
        self.wire = wire
        self.calls = calls(wire)
        self.log_start = wire.log_size()

    def is_refused(self, where: str, data: bytes, leave: bool = False) -> str:
        """Sends `data` and expects an end at once, without the app. Gives the line that was logged.

        `leave` says that nothing more will come, for data that is only the beginning of something.
        """
        began = time.monotonic()
        with Connection(where) as connection:
            connection.send(data)
            if leave:
                connection.stop_sending()
            reply = connection.read_to_end()
        assert time.monotonic() - began < 5, "the connection was not ended at once"
        assert not reply or b"Status: 4" in reply, reply
        assert b"Traceback" not in reply
        line = self.logged()
        assert calls(self.wire) == self.calls + 1, "the app was called"
        return line

    def logged(self) -> str:
        """The one line that was logged since the watch began."""
        self.wire.wait_for_log("\n", self.log_start, 3)
        time.sleep(0.05)
        lines = self.wire.log(self.log_start).splitlines()
        assert len(lines) == 1, lines
        return lines[0]


@pytest.fixture
def watch(wire) -> Watch:
    return Watch(wire)
