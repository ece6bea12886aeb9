"""The results as a document."""

from __future__ import annotations

from .figures import UNITS, Results
from .targets import TARGETS, Target

READING = """\
One nginx with one worker is in front of all; every back end has a unix socket of its own, and takes its turn in
every round with an order that changes. Figures are medians over {rounds} rounds, ratios are medians of each round's ratio (so
they need not be the quotient of the two figures beside them), and in brackets stand the lowest and the highest
round. The load is closed (16 connections, each with one request on the way) unless a row says otherwise, and checks
every byte of every answer. How it works, and what was tried, is in [README.md](README.md).

- **CPU time** is that of the back end's processes and threads by the kernel's books, kernel work included, divided by the
  requests. It is what a server can be judged by here: the **rate** is that of nginx, the load and the back end
  together on {cpus} processors.
- **floor** is a C program that takes requests off its socket and answers, without a parser and without an app, over uWSGI's figure.
- **Memory** is the proportional set size (Pss in /proc/PID/smaps_rollup) of the process that serves, for uWSGI too: its worker,
  not its master. It was taken while all these back ends ran, so that what they share is divided.
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


def compared(target: Target, results: Results) -> str:
    outcome, unit = target.outcome(results), UNITS[target.figure]
    spread = [f"{value:.2f}" if target.ratio else number(value, target.figure) for value in (min(outcome.rounds), max(outcome.rounds))]
    central = f"{outcome.value:.2f}" if target.ratio else number(outcome.value, target.figure)
    other = number(outcome.theirs, target.figure) + f" {unit}" if outcome.theirs is not None else ""
    return row(
        target.title, f"{number(outcome.ours, target.figure)} {unit}", other,
        f"{central} ({spread[0]}–{spread[1]})", target.words, verdict(outcome.missed_by),
        f"{outcome.floor:.2f}" if outcome.floor is not None else "",
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
    for title, targets in TARGETS.items():
        for target in targets:
            if target.is_measured(results) and (outcome := target.outcome(results)).missed_by:
                value = f"{outcome.value:.2f}" if target.ratio else number(outcome.value, target.figure)
                lines.append(f"- {title}: {target.title}: {value} where {target.words} is wanted, {verdict(outcome.missed_by)}.")
    if failed := results.failed("janua"):
        lines.append(f"- **{failed} requests to janua failed**; none may.")
    return lines


def everything(results: Results) -> list[str]:
    heads = ["case", "back end", "CPU µs", "rate /s", "p50 ms", "p99 ms", "worker MB", "all its processes MB", "failed"]
    lines = ["", "## Everything measured", "", row(*heads), row(*["---"] * len(heads))]
    for (case, back_end), runs in results.runs.items():
        # Nothing is asked after the run; only the memory says something.
        known = ("memory", "family") if case == "after" else UNITS
        figures = [number(results.median(case, back_end, figure), figure) if figure in known else "" for figure in UNITS]
        failed = sum(run.failed for run in runs)
        why = next((run.first_failure for run in runs if run.first_failure), "")
        lines.append(row(case, str(back_end), *figures, f"**{failed}**: {why}" if failed else "0"))
    return lines


def rendered(results: Results, surroundings: dict[str, str], rounds: int, cpus: int, others: float) -> str:
    """Markdown. `others`: the share of the machine that other processes used meanwhile."""
    lines = ["# Results", "", "This file is written by `make bench`.", ""]
    lines += ["; ".join(f"{name} {value}" for name, value in surroundings.items()) + "."]
    lines += [f"Other processes used {others:.0%} of the machine during the run" + (", so read the spread." if others > 0.05 else ".")]
    lines += ["", READING.format(rounds=rounds, cpus=cpus).rstrip()]
    lines += ["", "## Targets that are missed", ""]
    lines += missed(results) or ["None."]
    lines += target_tables(results) + everything(results)
    return "\n".join(lines) + "\n"
