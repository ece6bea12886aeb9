"""What there is to say while it runs and at its end."""

from __future__ import annotations

import statistics
import time
from typing import List, Optional

#: How much more memory than at first there may be at the end.
GROWTH = 0.05


class Report:
    """Lines for a person, on the terminal and in a file; samples for a plot in another."""

    COLUMNS = ("seconds", "right", "rate", "explained", "lost", "wrong", "asked_again", "left", "slowest_ms", "faults",
               "steady_pss", "other_pss", "supervisor_pss", "steady_anonymous", "steady_descriptors", "steady_sockets", "steady_files",
               "steady_threads", "under_way")  # fmt: skip

    def __init__(self, folder):
        self.text = open(folder / "report.txt", "a", buffering=1)
        self.samples = open(folder / "samples.tsv", "a", buffering=1)
        self.samples.write("\t".join(self.COLUMNS) + "\n")
        self.began = time.monotonic()
        self.last = (self.began, 0)
        self.rests: List[tuple] = []
        #: (seconds, memory of the steady worker, of the other one or None)
        self.memory: List[tuple] = []

    def say(self, line: str) -> None:
        line = f"{time.strftime('%H:%M:%S')}  {line}"
        print(line, flush=True)
        self.text.write(line + "\n")

    def sample(self, account, faults) -> None:
        now = time.monotonic()
        steady, other, supervisor = faults.holdings()
        counts = dict(account.counts)
        right = counts.get("right", 0)
        rate = (right - self.last[1]) / max(0.001, now - self.last[0])
        self.last = (now, right)
        slowest, account.slowest = account.slowest, 0.0
        self.memory.append((now - self.began, steady.pss, other.pss if other else None))
        row = (round(now - self.began), right, round(rate), counts.get("explained", 0), counts.get("lost", 0),
               counts.get("wrong", 0), counts.get("asked again", 0), counts.get("left", 0), round(slowest * 1000),
               sum(faults.done.values()), steady.pss, other.pss if other else "", supervisor.pss, steady.anonymous, steady.descriptors,
               steady.sockets, steady.files, steady.threads, account.under_way)  # fmt: skip
        self.samples.write("\t".join(map(str, row)) + "\n")

    def interim(self, account, faults) -> None:
        counts = account.counts
        seconds = time.monotonic() - self.began
        self.say(f"{seconds / 60:5.1f} min: {counts['right']} right ({counts['right'] / seconds:.0f}/s), "
                 f"{counts['explained']} explained, {counts['lost']} lost, {counts['wrong']} wrong, "
                 f"{sum(faults.done.values())} faults")

    def rest(self, faults) -> None:
        """All is quiet: what is held now is held for nothing."""
        steady, other, supervisor = faults.holdings()
        self.rests.append((time.monotonic() - self.began, steady, other, supervisor))
        self.say(f"        at rest, the steady worker: {steady}")
        self.say(f"        at rest, the other worker:  {other or 'just starting'}")
        self.say(f"        at rest, the supervisor:    {supervisor}")

    def _busy(self, begin: float, end: float, which: int) -> Optional[float]:
        found = [row[which] for row in self.memory if begin <= row[0] <= end and row[which]]
        return statistics.median(found) if found else None

    def verdict(self, account, faults, wanted: int, service: Optional[int], deaths: int, log: dict) -> List[str]:
        """What is not as it must be; nothing if all is well."""
        bad = []
        counts = account.counts
        if counts["lost"]:
            bad.append(f"{counts['lost']} requests were lost")
        if counts["wrong"]:
            bad.append(f"{counts['wrong']} things were wrong, see details.txt")
        if counts["right"] < wanted:
            bad.append(f"{counts['right']} requests were answered, {wanted} were to be")
        if service != 0:
            bad.append(f"the service ended with status {service}")
        if log["deaths"] != deaths:
            bad.append(f"{log['deaths']} workers ended by the service's log, {deaths} were made to")
        if log["faults"]:
            bad.append(f"the service's log has {log['faults']} faults of its own")
        if len(self.rests) > 1:
            self._compare(bad)
        return bad

    def _compare(self, bad: List[str]) -> None:
        at, first, _, first_supervisor = self.rests[0]
        end, last, _, last_supervisor = self.rests[-1]
        names = ("descriptors", "sockets", "files", "threads")
        for who, before, after in (("the steady worker", first, last), ("the supervisor", first_supervisor, last_supervisor)):
            more = 100 * (after.anonymous / max(1, before.anonymous) - 1)
            self.say(f"{who} after {at / 60:.1f} min and {end / 60:.1f} min, at rest: {before.anonymous} KiB and "
                     f"{after.anonymous} KiB of no file ({more:+.1f} %), {before.pss} KiB and {after.pss} KiB PSS, "
                     + ", ".join(f"{name} {getattr(before, name)} and {getattr(after, name)}" for name in names))
            # PSS rises and falls with what other processes share: forks of the supervisor come and go.
            if after.anonymous > before.anonymous * (1 + GROWTH):
                bad.append(f"{who} grew by more than {GROWTH:.0%}: {before.anonymous} KiB to {after.anonymous} KiB at rest")
            for name in names:
                if getattr(after, name) > getattr(before, name):
                    bad.append(f"{who} holds {getattr(after, name)} {name} at rest, {getattr(before, name)} at first")
        width = min(120.0, at / 2)
        early, late = self._busy(at - width, at + width, 1), self._busy(end - 2 * width, end, 1)
        if early and late:
            self.say(f"the steady worker under load, medians around the same times: {early:.0f} KiB and {late:.0f} KiB PSS "
                     f"({100 * (late / early - 1):+.1f} %)")

    def summary(self, account, faults, bad: List[str], log: dict) -> None:
        counts = account.counts
        self.say("requests: " + ", ".join(f"{counts[name]} {name}" for name in
                                           ("right", "explained", "lost", "asked again", "left", "wrong")))
        for reason, count in sorted(account.reasons.items()):
            self.say(f"  explained: {count}: {reason}")
        self.say("  by way: " + ", ".join(f"{way} {count}" for way, count in account.by_way.most_common()))
        self.say("  by kind: " + ", ".join(f"{kind} {count}" for kind, count in account.by_kind.most_common()))
        self.say("faults: " + ", ".join(f"{name} {count}" for name, count in faults.done.most_common()))
        self.say("the service's log: " + ", ".join(f"{count} {name}" for name, count in log.items()))
        for line in bad:
            self.say(f"NOT WELL: {line}")
        self.say("all is well" if not bad else "it failed")
