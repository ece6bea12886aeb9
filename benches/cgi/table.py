"""The results as a document."""

from __future__ import annotations

from ..figures import Results
from ..table import row, verdict
from ..targets import Target
from .figures import BESIDE, CARRIED, STARTED, TARGETS, THROUGH_APACHE, UNITS

READING = """\
Everything is warm: the backend of `janua-cgi` runs, files are cached. Figures are medians of {rounds}; each program takes
its turn in every round, in an order that changes. Ratios are medians of each round's ratio, with the lowest and the
highest round in brackets. How it works is in [README.md](README.md#cgi).
"""


def number(value: float, figure: str) -> str:
    if figure == "rate":
        return f"{value:,.0f}"
    # Of what did not grow, not that it shrank by nothing.
    return f"{value:.2f}" if figure == "time" else f"{round(value, 1) + 0.0:.1f}"


def named(key: tuple | None, value: float | None, figure: str) -> str:
    """The figure, and whose it is."""
    return "" if value is None else f"{key[1]} {number(value, figure)} {UNITS[figure]}"


def judged(target: Target, value: float) -> str:
    if target.ratio:
        return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
    return f"{number(value, target.figure)} {UNITS[target.figure]}"


def wanted(target: Target) -> str:
    if target.ratio:
        return target.words
    return f"≤ {target.bound:g} {UNITS[target.figure]}"


def compared(target: Target, results: Results, with_verdict: bool) -> str:
    outcome = target.outcome(results)
    one, other = named(target.ours, outcome.ours, target.figure), named(target.theirs, outcome.theirs, target.figure)
    value = judged(target, outcome.value)
    if len(outcome.rounds) > 1:
        value += f" ({judged(target, min(outcome.rounds))}–{judged(target, max(outcome.rounds))})"
    end = [wanted(target), verdict(outcome.missed_by)] if with_verdict else []
    return row(target.title, one, other, value, *end)


def table(targets: list[Target], results: Results, with_verdict: bool) -> list[str]:
    heads = ["case", "one", "other", "value", *(["target", ""] if with_verdict else [])]
    lines = ["", row(*heads), row(*["---"] * len(heads))]
    return lines + [compared(target, results, with_verdict) for target in targets if target.is_measured(results)]


def everything(results: Results) -> list[str]:
    lines = ["", "## Everything measured", "", row("case", "program", "figure"), row(*["---"] * 3)]
    kinds = [("time", STARTED), ("rate", {"apache": THROUGH_APACHE}), ("growth", CARRIED)]
    for figure, cases in kinds:
        for case, programs in cases.items():
            for name in programs:
                if results.has(case, name):
                    value = number(results.median(case, name, figure), figure)
                    lines.append(row(case, name, f"{value} {UNITS[figure]}"))
    return lines


def rendered(results: Results, surroundings: dict[str, str], rounds: int, others: float) -> str:
    """Markdown. `others`: the share of the machine that other processes used meanwhile."""
    lines = ["# CGI: results", "", "This file is written by `make bench-cgi`.", ""]
    lines += ["; ".join(f"{name} {value}" for name, value in surroundings.items()) + "."]
    # What Apache and the backends used is among it.
    lines += [f"Servers and other processes used {others:.0%} of the machine during the run."]
    lines += ["", READING.format(rounds=f"{rounds} round{'s' if rounds > 1 else ''}").rstrip()]
    lines += ["", "## Targets", *table(TARGETS, results, with_verdict=True)]
    lines += ["", "100 MB arrived intact in both directions.", "", "## Beside them", *table(BESIDE, results, False)]
    return "\n".join(lines + everything(results)) + "\n"
