"""What the figures shall be."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from .figures import UNITS, Results
from .servers import IDLE, BackEnd, floor, janua, uwsgi


@dataclass(frozen=True)
class Outcome:
    ours: float | None
    theirs: float | None
    floor: float | None  # in the unit of `value`
    value: float  # what the target is about: a ratio, or the figure itself
    rounds: list[float]
    missed_by: float  # as a share of the target; 0 if it is met


@dataclass(frozen=True)
class Target:
    """A bound for one figure of janua: alone, or as a ratio to another back end or case."""

    title: str
    figure: str
    ours: tuple[str, BackEnd]
    theirs: tuple[str, BackEnd] | None
    bound: float
    at_least: bool = False
    ratio: bool = True
    floor: tuple[str, BackEnd] | None = None

    @property
    def words(self) -> str:
        sign = "≥" if self.at_least else "≤"
        return f"{sign} {self.bound:.2f}" if self.ratio else f"{sign} {self.bound:g} {UNITS[self.figure]}"

    def is_measured(self, results: Results) -> bool:
        return results.has(*self.ours) and (not self.ratio or results.has(*self.theirs))

    def outcome(self, results: Results) -> Outcome:
        ours = results.rounds(*self.ours, self.figure)
        theirs = results.rounds(*self.theirs, self.figure) if self.theirs and results.has(*self.theirs) else None
        # The rounds pair what ran within seconds of each other, so a slow spell of the machine hits both.
        values = [mine / other for mine, other in zip(ours, theirs)] if self.ratio else ours
        value = median(values)
        short = self.bound - value if self.at_least else value - self.bound
        lowest = None
        if self.floor and results.has(*self.floor):
            lowest = median(a / b for a, b in zip(results.rounds(*self.floor, self.figure), theirs))
        return Outcome(
            median(ours), median(theirs) if theirs else None, lowest, value, values,
            max(0.0, short / self.bound),
        )  # fmt: skip


def against(case: str, figure: str, protocol: str, threads: int, bound: float, title: str, **more) -> Target:
    return Target(title, figure, (case, janua(protocol, threads)), (case, uwsgi(protocol, threads)), bound, **more)


NAMES = {"scgi": "SCGI", "fastcgi": "FastCGI"}
LONG = {
    "page": "page: 100 blocks of 100 bytes", "echo": "echo: 64 KiB in and out",
    "big": "big: 1 MiB in 16 blocks", "file": "file: 1 MiB by file_wrapper",
}  # fmt: skip
VARIANTS = [
    (protocol, threads, f"{NAMES[protocol]}, {threads} thread{'s' if threads > 1 else ''}")
    for protocol in ("scgi", "fastcgi")
    for threads in (1, 4)
]


def cpu_targets():
    bounds = {("scgi", 1): 0.85, ("scgi", 4): 0.75, ("fastcgi", 1): 0.50, ("fastcgi", 4): 0.55}
    for protocol, threads, words in VARIANTS:
        lowest = ("hello", floor(protocol))
        yield against("hello", "cpu", protocol, threads, bounds[protocol, threads], f"hello, {words}", floor=lowest)
    for case, bound in (("page", 0.50), ("echo", 0.90), ("big", 0.90), ("file", 0.90)):
        yield against(case, "cpu", "scgi", 1, bound, f"{LONG[case]}, SCGI")


def rate_targets():
    for protocol, threads, words in VARIANTS:
        for case, load in (("hello", "16 connections"), ("hello-64", "64 connections")):
            yield against(case, "rate", protocol, threads, 1.0, f"hello, {words}, {load}", at_least=True)
    for case in LONG:
        for protocol in ("scgi", "fastcgi"):
            yield against(case, "rate", protocol, 1, 1.0, f"{case}, {NAMES[protocol]}", at_least=True)


def p99_targets():
    for protocol, threads, words in VARIANTS:
        yield against("hello-64", "p99", protocol, threads, 1.0, f"hello, {words}, 64 connections")


def memory_targets():
    for protocol, threads, words in VARIANTS:
        yield against("after", "memory", protocol, threads, 1.0, f"one worker after the run, {words}")
    yield Target(
        "one worker with 1,000 idle kept connections", "memory", ("idle-1000", IDLE), None, 20, ratio=False
    )  # fmt: skip


def stalling_targets():
    for protocol in ("scgi", "fastcgi"):
        words = f"{NAMES[protocol]}, 4 threads"
        # 4 threads that sleep 10 ms answer 400 a second at most.
        rate = f"asleep for 10 ms, {words}: rate"
        yield against("sleep", "rate", protocol, 4, 0.95 * 400, rate, at_least=True, ratio=False)
        yield against("beside", "p99", protocol, 4, 5, f"hello beside 3 that sleep, {words}: p99", ratio=False)
    # "No measurable cost": what lies within the spread of a quiet machine.
    title = "hello with 1,000 idle kept connections to hello without: CPU time"
    yield Target(title, "cpu", ("idle-1000", IDLE), ("idle-0", IDLE), 1.05)


#: Title of a table → its targets.
TARGETS = {
    "CPU time for each request": list(cpu_targets()),
    "Rate": list(rate_targets()),
    "99th percentile": list(p99_targets()),
    "Memory": list(memory_targets()),
    "Apps that sleep, connections that idle": list(stalling_targets()),
}
