"""What the kernel's books say about a process and its children."""

from __future__ import annotations

import os
import resource
import time
from pathlib import Path


def family(pid: int) -> list[int]:
    """The process and all that descend from it."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except OSError:  # The thread has just ended.
            continue
        for child in children:
            found += family(int(child))
    return found


def workers(pid: int) -> list[int]:
    """The members of the family that have no children: those that serve, not those that watch them."""
    return [member for member in family(pid) if family(member) == [member]]


def cpu_nanoseconds(pid: int) -> int:
    """CPU time of all threads of a process so far, also of those that have ended, and what the kernel did for them.

    This is the process's CPU clock, clock_getcpuclockid(3). It is the sum of what /proc/PID/task/*/schedstat
    says, but a thread that ends does not vanish from it.
    """
    scheduled = 2  # CPUCLOCK_SCHED: what the scheduler measured, in nanoseconds, not in ticks.
    return time.clock_gettime_ns(~pid << 3 | scheduled)


class CpuMeter:
    """Counts what a family uses from now on."""

    def __init__(self, pid: int):
        self.pid = pid
        self.before = {member: cpu_nanoseconds(member) for member in family(pid)}

    def nanoseconds(self) -> int:
        """What was used since; ProcessLookupError if a member has died, because what it used died with it."""
        after = {member: cpu_nanoseconds(member) for member in family(self.pid)}
        for member in self.before:
            if member not in after:
                raise ProcessLookupError(f"process {member} of {self.pid} ended while it was measured")
        return sum(used - self.before.get(member, 0) for member, used in after.items())


def memory(pids: list[int]) -> int:
    """The proportional set size in bytes: what the processes have for themselves, and their share of the rest."""
    return sum(proportional_set_size(pid) for pid in pids)


def proportional_set_size(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise ValueError(f"/proc/{pid}/smaps_rollup says no Pss")


class Machine:
    """How busy others kept the machine from now on: what they take, they take from those measured."""

    def __init__(self):
        self.before, self.own_before, self.began = self.busy(), self.own(), time.monotonic()

    @staticmethod
    def busy() -> float:
        user, nice, system, _idle, _iowait, irq, softirq, steal, *_ = Path("/proc/stat").read_text().split()[1:]
        ticks = sum(int(field) for field in (user, nice, system, irq, softirq, steal))
        return ticks / os.sysconf("SC_CLK_TCK")

    @staticmethod
    def own() -> float:
        """This process, and its children as far as they have ended."""
        usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(usage.ru_utime + usage.ru_stime for usage in usages)

    def others(self) -> float:
        """The share of all CPUs that others used, 0 to 1."""
        capacity = (time.monotonic() - self.began) * os.cpu_count()
        return max(0.0, (self.busy() - self.before) - (self.own() - self.own_before)) / capacity
