"""Who reads the log has stopped reading, and the pipe to it is full."""

import os
import select
import signal
import subprocess
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from client import scgi
from client.connection import Connection, connect

from .support import APP, until


class Unread:
    """A service whose log goes into a pipe that nobody reads, and that is full."""

    def __init__(self, command, folder, *options):
        self.scgi = f"unix:{folder}/scgi.sock"
        self.reader, writer = os.pipe()
        environ = {name: value for name, value in os.environ.items() if not name.startswith("JANUA_")}
        with open(writer, "wb", buffering=0) as log:
            self.process = subprocess.Popen([*command, "serve", *options, "--scgi", self.scgi, APP],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environ)
            until(self.listens)
            # A descriptor of its own: whether it blocks is not to be changed for the service.
            own = os.open(f"/proc/self/fd/{log.fileno()}", os.O_WRONLY | os.O_NONBLOCK)
        with open(own, "wb", buffering=0) as full:
            while full.write(b"." * 4096):
                pass

    def listens(self):
        try:
            connect(self.scgi).close()
            return True
        except OSError:
            return False

    def read(self, text):
        """Reads the log until `text` comes."""
        read, deadline = b"", time.monotonic() + 10
        while text not in read:
            assert time.monotonic() < deadline, read[-1000:]
            if select.select([self.reader], [], [], 0.1)[0]:
                read += os.read(self.reader, 65536)
        return read

    def works(self):
        for _ in range(20):
            assert scgi.ask(self.scgi, path="/who").status == 200

    def end(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        os.close(self.reader)


@contextmanager
def unread(command, folder, *options):
    service = Unread(command, folder, *options)
    try:
        yield service
    finally:
        if service.process.poll() is None:
            children = Path(f"/proc/{service.process.pid}/task/{service.process.pid}/children")
            for child in children.read_text().split():
                os.kill(int(child), signal.SIGKILL)
        service.end()


@pytest.mark.parametrize("path", ["/complain", "/raise"])
def test_a_request_that_is_logged_waits_alone(janua_command, tmp_path, path):
    """It waited with Python's lock, and so did everybody else."""
    with unread(janua_command, tmp_path, "--threads=4") as service, ExitStack() as stack:
        waiting = [stack.enter_context(scgi.begin(service.scgi, path=path)) for _ in range(2)]
        time.sleep(0.2)
        service.works()
        service.read(b"marker-complaint")
        assert [exchange.answer().status for exchange in waiting] == [200 if path == "/complain" else 500] * 2


def test_peers_that_break_the_protocol_stop_no_worker(janua_command, tmp_path):
    """The thread that waits for requests says what they did wrong."""
    with unread(janua_command, tmp_path) as service:
        for _ in range(3):
            broken = Connection(service.scgi)
            broken.send(b"this is no netstring")
            broken.socket.close()
        service.works()
        service.read(b"request refused with 400")
        service.works()


def test_what_nobody_reads_takes_no_more_than_a_little_memory(janua_command, tmp_path):
    with unread(janua_command, tmp_path) as service:
        for _ in range(4_000):
            broken = Connection(service.scgi)
            broken.send(b"this is no netstring")
            assert b"400" in broken.read().data
            broken.socket.close()
        service.works()
        service.read(b"lines were lost")


def worker_of(service):
    children = Path(f"/proc/{service.process.pid}/task/{service.process.pid}/children").read_text().split()
    return int(children[0]) if children else None


def test_a_service_whose_log_nobody_reads_replaces_its_worker_and_stops(janua_command, tmp_path):
    """The supervisor waited for the reader, and heard of nothing any more: neither of a worker's end nor of SIGTERM."""
    with unread(janua_command, tmp_path) as service:
        old = worker_of(service)
        os.kill(old, signal.SIGKILL)
        until(lambda: worker_of(service) not in (None, old))
        service.works()
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(15) == 0
