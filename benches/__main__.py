"""Measures janua beside uWSGI, flup6 and the floor; prints the table and writes benches/results.md.

    python -m benches [--cases hello,page] [--rounds 11] [--janua .venv/bin/janua] [--environment .bench]

With only some of the cases nothing is written.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

from .accounting import Machine
from .cases import CASES, at_rest
from .figures import Results
from .stage import Stage
from .surroundings import surroundings
from .table import rendered

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "benches/results.md"
ROUNDS = 11


def arguments():
    names = [case.name for case in CASES]
    parser = argparse.ArgumentParser(prog="python -m benches", description=__doc__.splitlines()[0])
    parser.add_argument("--cases", default="", help=f"some of {','.join(names)}; default: all")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--janua", type=Path, default=ROOT / ".venv/bin/janua", help="the executable to measure")
    parser.add_argument("--environment", type=Path, default=ROOT / ".bench", help="where uWSGI and flup6 are installed")
    chosen = parser.parse_args()
    wanted = chosen.cases.replace(",", " ").split() or names
    if chosen.rounds < 1:
        parser.error("at least one round")
    unknown = [name for name in wanted if name not in names]
    if unknown:
        parser.error(f"no case {', '.join(unknown)}; there are {', '.join(names)}")
    for needed in (chosen.janua, chosen.environment / "bin/uwsgi"):
        if not os.access(needed, os.X_OK):
            parser.error(f"there is no {needed}; `make bench` makes it")
    chosen.cases = [case for case in CASES if case.name in wanted]
    return chosen


def in_turn(back_ends, number):
    """The order in one round: another one is first each time, and who follows whom changes, too."""
    start = number // 2 % len(back_ends)
    turned = back_ends[start:] + back_ends[:start]
    return turned[::-1] if number % 2 else turned


def measure(stage, cases, rounds) -> Results:
    results = Results()
    for case in cases:
        for back_end in case.back_ends:
            case.measure(stage, back_end, requests=64)  # Caches, kept connections, first imports.
    for number in range(rounds):
        for case in cases:
            for back_end in in_turn(case.back_ends, number):
                results.add(case.name, back_end, case.measure(stage, back_end))
        print(f"round {number + 1} of {rounds}", file=sys.stderr, flush=True)
    for back_end in stage.back_ends:
        results.add("after", back_end, at_rest(stage, back_end))
    return results


def main():
    # A run that is told to stop stops its servers.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    chosen = arguments()
    janua, environment = chosen.janua.absolute(), chosen.environment.absolute()
    back_ends = list(dict.fromkeys(back_end for case in chosen.cases for back_end in case.back_ends))
    machine = Machine()
    with Stage(janua, environment, back_ends) as stage:
        results = measure(stage, chosen.cases, chosen.rounds)
    document = rendered(results, surroundings(janua, environment), chosen.rounds, os.cpu_count(), machine.others())
    print(document)
    if chosen.cases == CASES:
        DOCUMENT.write_text(document)
    else:
        print(f"Only some of the cases, so {DOCUMENT.relative_to(ROOT)} stays as it is.")


if __name__ == "__main__":
    sys.exit(main())
