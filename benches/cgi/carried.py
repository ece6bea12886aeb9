"""Large bodies through `janua-cgi`: whether they are whole, and what the two processes take for them."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

from .app import pattern
from .figures import BACKEND_PROCESS, DOWNLOAD, RELAY_PROCESS, UPLOAD, Run

SIZE = 100 * 1000 * 1000
SMALL = 1000 * 1000

#: What is left unread of an answer until the memory has been looked at. More than a pipe holds, so that its writer waits.
REST = 256 * 1024


def peak(pid: int) -> int:
    """The most memory that the process has had at once, in bytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def forget_peak(pid: int):
    """From now on the peak is counted anew (proc(5), clear_refs)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5\n")


class Transfer:
    """One request, and the peak of its `janua-cgi` when all but the last bytes had gone through it."""

    def __init__(self, site, program: Path, path: str, size: int):
        self.size = size
        sends = path == "/upload"
        more = {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": str(size)} if sends else {"QUERY_STRING": str(size)}
        self.process = subprocess.Popen(
            [program], env=site.environment(program, PATH_INFO=path, **more), cwd=site.cgi_bin, bufsize=0,
            stdin=subprocess.PIPE if sends else subprocess.DEVNULL, stdout=subprocess.PIPE,
            **site.as_user,
        )  # fmt: skip
        try:
            (self.upload if sends else self.download)()
        finally:
            self.process.stdout.close()
            if self.process.poll() is None and self.process.wait(60):
                raise RuntimeError(f"{path}: janua-cgi ended with status {self.process.returncode}")

    def upload(self):
        digest, sent = hashlib.sha1(), 0
        for block in pattern(self.size):
            digest.update(block)
            sent += len(block)
            if sent == self.size:
                self.send(block[:-1])
                self.peak = peak(self.process.pid)
                block = block[-1:]
            self.send(block)
        self.process.stdin.close()
        self.intact = self.process.stdout.read().endswith(digest.hexdigest().encode())

    def send(self, block: bytes):
        while block:
            block = block[os.write(self.process.stdin.fileno(), block) :]

    def download(self):
        wanted, got = hashlib.sha1(), hashlib.sha1()
        for block in pattern(self.size):
            wanted.update(block)
        head = b""
        while b"\r\n\r\n" not in head:
            head += self.receive(4096)
        body = head.partition(b"\r\n\r\n")[2]
        length = len(body)
        got.update(body)
        while length < self.size - REST:
            block = self.receive(min(64 * 1024, self.size - REST - length))
            length += len(block)
            got.update(block)
        self.peak = peak(self.process.pid)
        got.update(self.process.stdout.read())
        self.intact = got.digest() == wanted.digest()

    def receive(self, size: int) -> bytes:
        block = os.read(self.process.stdout.fileno(), size)
        if not block:
            raise RuntimeError("the answer ended before its length")
        return block


def carry(site, program: Path, size: int = SIZE) -> dict[tuple[str, str], Run]:
    """Growth by an upload and a download of so many bytes, of both processes. A body that is not intact is an error."""
    grown = {}
    backend = int(site.answer(program, PATH_INFO="/pid"))
    forget_peak(backend)
    before = peak(backend)
    for case in (UPLOAD, DOWNLOAD):
        small = Transfer(site, program, f"/{case}", SMALL)
        large = Transfer(site, program, f"/{case}", size)
        if int(site.answer(program, PATH_INFO="/pid")) != backend:
            raise RuntimeError(f"{case}: the backend did not live through it")
        if not (small.intact and large.intact):
            raise RuntimeError(f"{case}: what arrived is not what was sent")
        grown[case, RELAY_PROCESS] = Run(growth=(large.peak - small.peak) / 1e6)
        grown[case, BACKEND_PROCESS] = Run(growth=(peak(backend) - before) / 1e6)
    return grown
