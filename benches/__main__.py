"""Measures janua beside uWSGI, flup6 and the floor; prints the table and writes benches/results.md.

    python -m benches [--cases hello,page] [--rounds 5] [--janua .venv/bin/janua] [--environment .bench]

With only some of the cases nothing is written.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from pathlib import Path

from .cases import CASES
from .stage import Stage

ROOT = Path(__file__).resolve().parent.parent


def arguments():
    names = [case.name for case in CASES]
    parser = argparse.ArgumentParser(prog="python -m benches", description=__doc__.splitlines()[0])
    parser.add_argument("--cases", default="", help=f"some of {','.join(names)}; default: all")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--janua", type=Path, default=ROOT / ".venv/bin/janua", help="the executable to measure")
    parser.add_argument("--environment", type=Path, default=ROOT / ".bench", help="where uWSGI and flup6 are installed")
    chosen = parser.parse_args()
    wanted = chosen.cases.replace(",", " ").split() or names
    unknown = [name for name in wanted if name not in names]
    if unknown:
        parser.error(f"no case {', '.join(unknown)}; there are {', '.join(names)}")
    chosen.cases = [case for case in CASES if case.name in wanted]
    return chosen


def measure(stage, cases, rounds):
    """{(case name, back end): [Figures of each round]}"""
    results = defaultdict(list)
    for case in cases:
        for back_end in case.back_ends:
            case.measure(stage, back_end, requests=64)  # Caches, kept connections, first imports.
    for number in range(rounds):
        for case in cases:
            # Another one is first in each round, so that nobody always runs after the same neighbour.
            start = number % len(case.back_ends)
            for back_end in case.back_ends[start:] + case.back_ends[:start]:
                results[case.name, back_end].append(case.measure(stage, back_end))
        print(f"round {number + 1} of {rounds}", file=sys.stderr, flush=True)
    return results


def main():
    chosen = arguments()
    back_ends = list(dict.fromkeys(back_end for case in chosen.cases for back_end in case.back_ends))
    with Stage(chosen.janua.absolute(), chosen.environment.absolute(), back_ends) as stage:
        results = measure(stage, chosen.cases, chosen.rounds)
    import statistics
    for (name, b), v in results.items():
        m = lambda f: statistics.median(getattr(x, f) for x in v)
        print(f"{name:10} {str(b):40} {m('cpu'):7.1f} {m('rate'):8.0f} {m('p50'):7.0f} {m('p99'):7.0f} {m('memory'):6.1f} {sum(x.failed for x in v)} {v[0].first_failure}")


if __name__ == "__main__":
    sys.exit(main())
