"""What was measured, round by round."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Figures:
    """One run of a case on a back end. Each unit is that of `UNITS`."""

    cpu: float
    rate: float
    p50: float
    p99: float
    memory: float  # of the process that serves
    family: float  # of that and those that watch it
    failed: int = 0
    first_failure: str = ""


UNITS = {"cpu": "µs", "rate": "/s", "p50": "ms", "p99": "ms", "memory": "MB", "family": "MB"}


class Results:
    def __init__(self):
        self.runs = defaultdict(list)

    def add(self, case: str, back_end, figures: Figures):
        self.runs[case, back_end].append(figures)

    def has(self, case: str, back_end) -> bool:
        return (case, back_end) in self.runs

    def rounds(self, case: str, back_end, figure: str) -> list[float]:
        return [getattr(figures, figure) for figures in self.runs[case, back_end]]

    def median(self, case: str, back_end, figure: str) -> float:
        return median(self.rounds(case, back_end, figure))

    def failed(self, who: str) -> int:
        return sum(run.failed for (_, back_end), runs in self.runs.items() if back_end.who == who for run in runs)
