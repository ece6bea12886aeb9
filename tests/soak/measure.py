"""What processes hold: memory, descriptors, threads, files."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import List, Set, Tuple


def children(pid: int) -> List[int]:
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


@dataclass
class Holding:
    """All that a process holds. Sizes in KiB."""

    pss: int = 0
    #: What no file backs. Unlike PSS it does not depend on what other processes share at the moment.
    anonymous: int = 0
    descriptors: int = 0
    sockets: int = 0
    files: int = 0
    threads: int = 0

    def __add__(self, other: "Holding") -> "Holding":
        return Holding(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))

    def __str__(self) -> str:
        return (f"{self.pss} KiB PSS ({self.anonymous} KiB of no file), {self.descriptors} descriptors, "
                f"{self.sockets} sockets, {self.files} temporary files, {self.threads} threads")


def holding(pid: int) -> Holding:
    """What a process holds; nothing if it is gone."""
    try:
        memory = Path(f"/proc/{pid}/smaps_rollup").read_text()
        status = Path(f"/proc/{pid}/status").read_text()
        links = descriptors(pid)
    except OSError:
        return Holding()
    found = Holding()
    for text, name, field in ((memory, "Pss", "pss"), (status, "RssAnon", "anonymous")):
        match = re.search(rf"^{name}:\s+(\d+)", text, re.M)
        setattr(found, field, int(match[1]) if match else 0)
    match = re.search(r"^Threads:\s+(\d+)", status, re.M)
    found.threads = int(match[1]) if match else 0
    found.descriptors = len(links)
    found.sockets = sum(link.startswith("socket:") for link in links)
    found.files = sum(link.endswith("(deleted)") for link in links)
    return found


def descriptors(pid: int) -> List[str]:
    """What each descriptor of a process is."""
    found = []
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            found.append(os.readlink(f"/proc/{pid}/fd/{name}"))
        except OSError:
            pass
    return found


def peers(pid: int, servers: Set[int]) -> Tuple[Set[Tuple[str, int]], int]:
    """Who is connected to a process: the numbers of the clients' ends, and how many came by the ports of `servers`."""
    inodes = {int(link[8:-1]) for link in descriptors(pid) if link.startswith("socket:[")}
    found, behind = set(), 0
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        words = line.split()
        if int(words[9]) in inodes:
            port, peer = int(words[1].rpartition(":")[2], 16), int(words[2].rpartition(":")[2], 16)
            if peer:
                found.add(("tcp", peer))
                behind += port in servers
    listed = subprocess.run(["ss", "-xnH"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=30).stdout
    for line in listed.decode("utf-8", "replace").splitlines():
        words = line.split()
        if len(words) >= 8 and words[5].isdigit() and int(words[5]) in inodes and words[7].isdigit():
            found.add(("unix", int(words[7])))
    return found, behind
