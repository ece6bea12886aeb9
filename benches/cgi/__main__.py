"""Measures CGI by janua-cgi beside wsgiref and programs in C; prints the table and writes benches/results-cgi.md.

    python -m benches.cgi --bin ENVIRONMENT/bin [--rounds 11] [--seconds 150]

ENVIRONMENT holds janua and Flask; started by root it must be one that www-data can read. With fewer rounds than usual
nothing is written.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import time
from pathlib import Path

from ..accounting import Machine
from ..figures import Results
from .apache import Apache
from .carried import carry
from .figures import STARTED, THROUGH_APACHE, WSGIREF
from .site import Site
from .started import run
from .surroundings import surroundings
from .table import rendered

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "benches/results-cgi.md"
ROUNDS = 11
SECONDS = 150

#: Runs of a program in one round. wsgiref takes twenty times as long, with Flask more than a hundred times.
RUNS, SLOW_RUNS = 50, {"hello": 5, "flask": 2}
REQUESTS, SLOW_REQUESTS = 400, 16


def arguments():
    parser = argparse.ArgumentParser(prog="python -m benches.cgi", description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=Path, default=ROOT / ".venv/bin", help="where janua, janua-cgi and python are")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seconds", type=int, default=SECONDS, help="no round begins later; default: %(default)s")
    chosen = parser.parse_args()
    if chosen.rounds < 1:
        parser.error("at least one round")
    for needed in ("janua", "janua-cgi", "python"):
        if not os.access(chosen.bin / needed, os.X_OK):
            parser.error(f"there is no {chosen.bin / needed}; `make bench-cgi` makes it")
    for needed in ("hyperfine", "ab", "apache2"):
        if not shutil.which(needed, path=f"{os.environ['PATH']}:/usr/sbin"):
            parser.error(f"there is no {needed}; `make bench-cgi` installs it")
    return chosen


def in_turn(programs: list[str], number: int) -> list[str]:
    """The order in one round: another one is first each time, and who follows whom changes, too."""
    start = number // 2 % len(programs)
    turned = programs[start:] + programs[:start]
    return turned[::-1] if number % 2 else turned


def one_round(site: Site, apache: Apache, number: int, results: Results):
    for case, programs in STARTED.items():
        for name in in_turn(programs, number):
            program = site.programs[case][name]
            runs = SLOW_RUNS[case] if name == WSGIREF else RUNS
            results.add(case, name, run(site, program, runs))
    for name in in_turn(THROUGH_APACHE, number):
        requests = SLOW_REQUESTS if name == WSGIREF else REQUESTS
        results.add("apache", name, apache.ask(site.programs["hello"][name].name, requests))


def measure(site: Site, rounds: int, seconds: float) -> tuple[Results, int]:
    """The results, and of how many rounds they are."""
    results, began = Results(), time.monotonic()
    apache = Apache(site.folder, site.cgi_bin)
    try:
        for case, programs in site.programs.items():
            for name, program in programs.items():
                if (answer := site.answer(program)) != b"hello world\n":
                    raise RuntimeError(f"{case}, {name}: answered {answer!r}")
        for name in THROUGH_APACHE:
            apache.ask(site.programs["hello"][name].name, 8)
        for (case, process), grown in carry(site, site.programs["hello"][THROUGH_APACHE[0]]).items():
            results.add(case, process, grown)
        for number in range(rounds):
            if number and time.monotonic() - began > seconds:
                print(f"{seconds} s are over", file=sys.stderr)
                return results, number
            one_round(site, apache, number, results)
            print(f"round {number + 1} of {rounds}", file=sys.stderr, flush=True)
    finally:
        apache.stop()
    return results, rounds


def main():
    # A run that is told to stop stops its servers.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    chosen = arguments()
    bin = chosen.bin.absolute()
    machine = Machine()
    with Site(bin) as site:
        results, rounds = measure(site, chosen.rounds, chosen.seconds)
    document = rendered(results, surroundings(bin), rounds, machine.others())
    print(document)
    if chosen.rounds >= ROUNDS:
        DOCUMENT.write_text(document)
    else:
        print(f"Fewer rounds than usual, so {DOCUMENT.relative_to(ROOT)} stays as it is.")


if __name__ == "__main__":
    sys.exit(main())
