"""What was measured, and what it shall be."""

from __future__ import annotations

from dataclasses import dataclass

from ..targets import Target


@dataclass(frozen=True)
class Run:
    """What one round said of one program. Each unit is that of `UNITS`."""

    time: float = 0  # median of the runs in this round
    rate: float = 0
    growth: float = 0


UNITS = {"time": "ms", "rate": "/s", "growth": "MB"}

#: The programs, as the tables call them.
JANUA = "janua-cgi"
WSGIREF = "wsgiref"
RELAY = "C relay to janua serve"
LEAST = "C relay to a C server"
HELLO = "C hello"

UPLOAD, DOWNLOAD = "upload", "download"
RELAY_PROCESS, BACKEND_PROCESS = "janua-cgi itself", "its backend"

#: What is asked of which programs: hyperfine starts the first two kinds, Apache the last.
STARTED = {"hello": [JANUA, WSGIREF, RELAY, LEAST, HELLO], "flask": [JANUA, WSGIREF]}
THROUGH_APACHE = [JANUA, WSGIREF, RELAY, LEAST, HELLO]
CARRIED = {UPLOAD: [RELAY_PROCESS, BACKEND_PROCESS], DOWNLOAD: [RELAY_PROCESS, BACKEND_PROCESS]}


def times_faster(case: str, bound: float) -> Target:
    title = f"{case}: time of wsgiref to that of janua-cgi"
    return Target(title, "time", (case, WSGIREF), (case, JANUA), bound, at_least=True)


def growth(case: str, process: str) -> Target:
    return Target(f"{case} of 100 MB: growth of {process}", "growth", (case, process), None, 8, ratio=False)


TARGETS = [
    times_faster("hello", 20),
    times_faster("flask", 100),
    Target("hello: time of janua-cgi to that of a C relay to a running SCGI server",
           "time", ("hello", JANUA), ("hello", RELAY), 1.5),
    Target("hello through Apache, 8 connections: rate to that of a C hello",
           "rate", ("apache", JANUA), ("apache", HELLO), 0.75, at_least=True),
    *(growth(case, process) for case, processes in CARRIED.items() for process in processes),
]  # fmt: skip

#: Nobody's target (the bound says nothing): where the time goes, and what is to be had at all.
BESIDE = [
    Target("hello: janua-cgi to a C relay to a server without an app", "time", ("hello", JANUA), ("hello", LEAST), 1),
    Target("hello: janua-cgi to a C hello", "time", ("hello", JANUA), ("hello", HELLO), 1),
    Target("through Apache: C relay to C hello", "rate", ("apache", RELAY), ("apache", HELLO), 1),
    Target("through Apache: C relay to a server without an app, to C hello",
           "rate", ("apache", LEAST), ("apache", HELLO), 1),
    Target("through Apache: wsgiref to C hello", "rate", ("apache", WSGIREF), ("apache", HELLO), 1),
]  # fmt: skip
