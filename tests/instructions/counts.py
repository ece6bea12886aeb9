"""Instructions of one request, part by part, counted by callgrind and kept in benches/instructions.txt."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Dict, List, NamedTuple, Tuple

ROOT = Path(__file__).resolve().parent.parent.parent
BASELINE = ROOT / "benches" / "instructions.txt"

HEADING = """\
# Instructions of one request, part by part and without the kernel. `make instructions` compares, and with WRITE=1 writes.
# They are exact, but for other versions they are others. What each part is: benches/inprocess/parts.rs.
"""

#: Not the processor's newest instructions, so that libc takes the same routines on each; and the same hashes each time.
ENVIRONMENT = {
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-AVX512F,-AVX512VL,-AVX512BW,-ERMS,-FSRM,-EVEX",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
}


class Counts(NamedTuple):
    """What was counted, and with what."""

    versions: Dict[str, str]
    parts: Dict[str, int]
    #: Those parts that depend on the Python they run in.
    python_parts: Tuple[str, ...] = ()

    def text(self) -> str:
        """As it stands in the baseline."""
        versions = [f"{name} {version}\n" for name, version in self.versions.items()]
        return HEADING + "".join(versions) + "".join(f"{count:9}  {name}\n" for name, count in self.parts.items())


def baseline() -> Counts:
    """What was counted when the baseline was written."""
    versions, parts = {}, {}
    for line in BASELINE.read_text().splitlines():
        if count := re.fullmatch(r" *(\d+)  (.+)", line):
            parts[count[2]] = int(count[1])
        elif not line.startswith("#"):
            name, _, version = line.partition(" ")
            versions[name] = version
    return Counts(versions, parts)


def why_not() -> str:
    """Why nothing can be counted here; empty if it can."""
    return "" if shutil.which("valgrind") else "valgrind is not installed (tests/servers/packages.sh does that)"


def versions() -> Dict[str, str]:
    """What the counts depend on besides the sources."""
    rustc = subprocess.run(["rustc", "--version"], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout.decode()
    return {
        "machine": platform.machine(),
        "libc": " ".join(platform.libc_ver()),
        "rustc": rustc.split()[1],
        "python": f"{platform.python_version()}, {platform.python_compiler()}",
    }


def counted() -> Counts:
    """Builds what is measured and counts."""
    program = build()
    with tempfile.TemporaryDirectory() as folder:
        output = subprocess.run(
            ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={folder}/counts",
             "--toggle-collect=instructions::counted", "--dump-after=instructions::counted", program],
            env={**environment(), **ENVIRONMENT}, check=True, stdout=subprocess.PIPE).stdout.decode()
        parts, python_parts = {}, []
        for number, line in enumerate(output.splitlines(), 1):
            times, kind, name = line.split("\t")
            total = re.search(r"^totals: (\d+)", Path(folder, f"counts.{number}").read_text(), re.MULTILINE)
            parts[name] = round(int(total[1]) / int(times))
            if kind == "python":
                python_parts.append(name)
    return Counts(versions(), parts, tuple(python_parts))


def build() -> str:
    """The program that is measured, made as the released one is."""
    messages = subprocess.run(
        ["cargo", "build", "--quiet", "--release", "--locked", "-p", "janua-inprocess", "--bin", "instructions",
         "--message-format=json"],
        cwd=ROOT, env=environment(), check=True, stdout=subprocess.PIPE).stdout.decode()
    made = [message.get("executable") for message in map(json.loads, messages.splitlines())]
    return next(executable for executable in made if executable)


def environment() -> Dict[str, str]:
    """The environment in which the Python that runs this is the one that the program is linked with."""
    libraries = [sysconfig.get_config_var("LIBDIR"), os.environ.get("LD_LIBRARY_PATH", "")]
    return {**os.environ, "PYO3_PYTHON": os.environ.get("PYO3_PYTHON", sys.executable),
            "LD_LIBRARY_PATH": ":".join(filter(None, libraries))}


def differences(old: Counts, new: Counts) -> List[str]:
    """What besides the sources makes the counts differ; for the parts without Python the Python does not count."""
    return [f"{name} {new.versions[name]} instead of {old.versions.get(name)}"
            for name in new.versions if new.versions[name] != old.versions.get(name)]
