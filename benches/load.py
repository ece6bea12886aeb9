"""The small programs in C: the load and the floor, and what the load says."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Load:
    """What came of a number of requests; times in µs."""

    requests: int
    failed: int
    seconds: float
    p50: float
    p99: float
    longest: float
    first_failure: str

    @property
    def rate(self) -> float:
        return self.requests / self.seconds

    @classmethod
    def parsed(cls, line: str) -> Load:
        requests, failed, seconds, p50, p99, longest, first_failure = line.rstrip("\n").split(" ", 6)
        times = (float(time) for time in (seconds, p50, p99, longest))
        return cls(int(requests), int(failed), *times, first_failure)


def compiled(name: str, folder: Path, program: str | None = None, words: tuple[str, ...] = ()) -> Path:
    """The program, made by `cc`; the repository holds its source only."""
    program = folder / (program or name)
    source = HERE / f"{name}.c"
    subprocess.run(["cc", "-O2", "-Wall", "-Wextra", "-D_GNU_SOURCE", *words, "-o", program, source], check=True)
    return program


class Loader:
    """Asks one page of one port."""

    def __init__(self, program: Path):
        self.program = program

    def start(self, port, path, connections, requests, expected, body=None, every=None) -> subprocess.Popen:
        words = [self.program, port, path, connections, requests, expected]
        words += ["--body", body] if body else []
        words += ["--every", every] if every else []
        return subprocess.Popen([str(word) for word in words], stdout=subprocess.PIPE, text=True)

    def run(self, *arguments, **options) -> Load:
        return self.finished(self.start(*arguments, **options))

    @staticmethod
    def finished(process: subprocess.Popen) -> Load:
        output, _ = process.communicate(timeout=120)
        if process.returncode:
            raise RuntimeError(f"the load ended with status {process.returncode}")
        return Load.parsed(output)
