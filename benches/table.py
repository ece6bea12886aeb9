"""The results as a document."""

from __future__ import annotations

from .figures import UNITS, Results
from .targets import TARGETS, Target

READING = """\
One nginx with one worker is in front of all; every back end has a unix socket of its own, and takes its turn in every
round, in an order that changes. Figures are medians of {rounds}. Ratios are medians of each round's ratio, so
they need not be the quotient of the two figures beside them; in brackets stand the lowest and the highest round. The
load is closed (16 connections, each with one request on the way) unless a row says otherwise, and checks every byte of
every answer. How it works, and what was tried, is in [README.md](README.md).

- **CPU time** is that of the back end's processes by the kernel's books, kernel work included, divided by the
  requests. It is what a server can be judged by here: the **rate** is that of nginx, the load and the back end
  together on {cpus} processors.
- **floor**: the figure of a C program that takes requests off its socket and answers, without a parser and without an
  app, as a ratio to uWSGI's.
- **Memory** is the proportional set size (Pss in /proc/PID/smaps_rollup) of the process that serves: for janua and
  uWSGI alike the worker, not the one that watches it. It was taken while all these back ends ran, so what they share
  is divided.
- **kept open**: nginx keeps its FastCGI connections (`fastcgi_keep_conn`). uWSGI closes each of its own accord.
"""


def number(value: float, figure: str) -> str:
    if figure == "rate":
        return f"{value:,.0f}"
    return f"{value:.2f}" if figure in ("p50", "p99") else f"{value:.1f}"


def row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def verdict(missed_by: float) -> str:
    # Rounded up: what is missed must not look met.
    return f"**missed by {max(0.1, missed_by * 100):.1f} %**" if missed_by else "met"


def judged(target: Target, value: float) -> str:
    """What a target is about: a ratio, or the figure itself."""
    return f"{value:.2f}" if target.ratio else number(value, target.figure)


def compared(target: Target, results: Results) -> str:
    outcome = target.outcome(results)

    def figure(value):
        return "" if value is None else f"{number(value, target.figure)} {UNITS[target.figure]}"

    value, least, most = (judged(target, each) for each in (outcome.value, min(outcome.rounds), max(outcome.rounds)))
    lowest = "" if outcome.floor is None else f"{outcome.floor:.2f}"
    return row(
        target.title, figure(outcome.ours), figure(outcome.theirs),
        f"{value} ({least}–{most})", target.words, verdict(outcome.missed_by), lowest,
    )  # fmt: skip


def target_tables(results: Results) -> list[str]:
    lines = []
    for title, targets in TARGETS.items():
        measured = [target for target in targets if target.is_measured(results)]
        if not measured:
            continue
        lines += ["", f"## {title}", ""]
        lines += [row("case", "janua", "uWSGI", "value", "target", "", "floor"), row(*["---"] * 7)]
        lines += [compared(target, results) for target in measured]
    return lines


def missed(results: Results) -> list[str]:
    """One line for each target that is missed."""
    lines = []
    for title, target in ((title, target) for title, targets in TARGETS.items() for target in targets):
        if target.is_measured(results) and (outcome := target.outcome(results)).missed_by:
            value = judged(target, outcome.value)
            by = verdict(outcome.missed_by)
            lines.append(f"- {title}: {target.title}: {value} where {target.words} is wanted, {by}.")
    if failed := results.failed("janua"):
        lines.append(f"- **{failed} requests to janua failed**; none may.")
    return lines


def everything(results: Results) -> list[str]:
    figures = ["CPU µs", "rate /s", "p50 ms", "p99 ms", "worker MB", "all its processes MB"]
    heads = ["case", "back end", *figures, "failed"]
    lines = ["", "## Everything measured", "", row(*heads), row(*["---"] * len(heads))]
    for (case, back_end), runs in results.runs.items():
        # Nothing is asked after the run; only the memory says something.
        known = ("memory", "family") if case == "after" else UNITS
        medians = {figure: results.median(case, back_end, figure) for figure in known}
        figures = [number(medians[figure], figure) if figure in medians else "" for figure in UNITS]
        failed = sum(run.failed for run in runs)
        why = next((run.first_failure for run in runs if run.first_failure), "")
        lines.append(row(case, str(back_end), *figures, f"**{failed}**: {why}" if failed else "0"))
    return lines


def rendered(results: Results, surroundings: dict[str, str], rounds: int, cpus: int, others: float) -> str:
    """Markdown. `others`: the share of the machine that other processes used meanwhile."""
    lines = ["# Results", "", "This file is written by `make bench`.", ""]
    lines += ["; ".join(f"{name} {value}" for name, value in surroundings.items()) + "."]
    caution = ", so read the spread." if others > 0.05 else "."
    lines += [f"Other processes used {others:.0%} of the machine during the run{caution}"]
    lines += ["", READING.format(rounds=f"{rounds} round{'s' if rounds > 1 else ''}", cpus=cpus).rstrip()]
    lines += ["", "## Targets that are missed", ""]
    lines += missed(results) or ["None."]
    lines += target_tables(results) + everything(results)
    return "\n".join(lines) + "\n"
