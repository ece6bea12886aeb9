"""A process that a test starts, and certainly ends."""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path


class Process:
    """A command that runs in the foreground, in a process group of its own, its output in a file."""

    def __init__(self, command, log):
        self.command = [str(word) for word in command]
        self.log = Path(log)
        self.popen = None

    def start(self):
        # janua takes settings from JANUA_ variables; those of the tests themselves are none.
        env = {name: value for name, value in os.environ.items() if not name.startswith("JANUA_")}
        with self.log.open("ab") as output:
            self.popen = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=env, start_new_session=True
            )

    def wait_until(self, ready, seconds=20):
        """Waits until `ready()`; the process ending before that, or never getting there, is an error."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self.popen.poll() is not None:
                raise RuntimeError(f"{self.command[0]} ended with status {self.popen.returncode}:\n{self.output()}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.command[0]} was not ready after {seconds} s:\n{self.output()}")
            time.sleep(0.01)

    def output(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def stop(self, seconds=10):
        """SIGTERM, as a service manager would, then SIGKILL for whatever is left of the group.

        Returns the exit status, or None if SIGTERM was not enough.
        """
        if self.popen is None:
            return 0
        self.popen.send_signal(signal.SIGTERM)
        try:
            status = self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            status = None
        try:
            os.killpg(self.popen.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.popen.wait()
        self.popen = None
        return status


def processes_that_mention(text):
    """The processes whose command line contains `text`: {pid: command line}."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(text) in command and int(folder.name) != os.getpid():
            found[int(folder.name)] = command
    return found


def end_all_that_mention(text):
    """Ends what outlives the server that started it, and waits for that."""
    for pid in processes_that_mention(text):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    processes_that_stay(text)


def processes_that_stay(text, seconds=5):
    """Those that are still there after a while: a CGI program may end a moment after its server."""
    deadline = time.monotonic() + seconds
    while processes_that_mention(text) and time.monotonic() < deadline:
        time.sleep(0.05)
    return processes_that_mention(text)
