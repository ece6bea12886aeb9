"""A service whose system calls are written down."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Callable, Iterator, List, Sequence

from client import scgi
from client.service import PATIENCE, Service

APP = str(Path(__file__).with_name("app.py"))

#: A call as it begins; what strace writes when it returns is another line.
CALL = re.compile(r"(\d+) +(\w+)\((.*)")


def why_not() -> str:
    """Why system calls cannot be traced here; empty if they can."""
    if not shutil.which("strace"):
        return "strace is not installed (tests/servers/packages.sh does that)"
    probe = subprocess.run(["strace", "-o", "/dev/null", "true"], stderr=subprocess.PIPE)
    return f"strace may not trace here: {probe.stderr.decode()}" if probe.returncode else ""


class Trace:
    """The calls between two marks: those of the thread that serves, and those of all threads."""

    def __init__(self, lines: Sequence[str]):
        calls = [match.groups() for match in map(CALL.match, lines) if match]
        first, last = [place for place, (_, _, rest) in enumerate(calls) if rest.startswith('"/mark"')]
        thread = calls[first][0]
        self.of_all = Counter(name for _, name, _ in calls[first + 1:last])
        self.of_server = Counter(name for who, name, _ in calls[first + 1:last] if who == thread)

    def __repr__(self) -> str:
        return f"{dict(self.of_server)}, with other threads {dict(self.of_all)}"


class Traced:
    """One service with one thread under strace."""

    def __init__(self, command: Sequence[str], folder: Path, options: Sequence[str] = ()):
        self.folder = folder
        self.file = folder / "trace"
        # Told so, strace is a grandchild and not the parent: what is started, signalled and waited for is the service.
        # Nor is it to give memory back meanwhile, as it does every few seconds: no request has asked for that.
        strace = ["strace", "-D", "-f", "-qq", "-E", f"MALLOC_TRIM_THRESHOLD_={1 << 40}", "-o", str(self.file)]
        self.service = Service([*strace, *command], folder, APP, options)

    def trace(self, requests: Iterator[None]) -> Trace:
        """What the service does for requests that have all arrived before it looks at the first.

        `requests` makes its connections up to the first `yield`, sends up to the second, takes the answers up to the
        third, and then clears up.
        The thread is held while it sends: whether a request finds the service waiting or at work would otherwise be up
        to the machine, and with it the number of calls.
        """
        next(requests)
        before = len(self._lines())
        room = self.folder / f"round-{time.monotonic_ns()}"
        room.mkdir()
        with scgi.begin(self.service.scgi, path="/hold", query=str(room)) as held:
            self._until((room / "held").exists)
            next(requests)
            (room / "go").touch()
            assert held.answer().status == 200
        next(requests, None)
        assert scgi.ask(self.service.scgi, path="/mark").status == 200
        self._until(lambda: sum('"/mark"' in line for line in self._lines()[before:]) == 2)
        next(requests, None)
        return Trace(self._lines()[before:])

    def _lines(self) -> List[str]:
        return self.file.read_text(errors="replace").splitlines()

    @staticmethod
    def _until(condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, "the service did not come so far"
            time.sleep(0.01)
