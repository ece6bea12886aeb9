"""Where and with what the figures were measured."""

from __future__ import annotations

import datetime
import os
import platform
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def said(*command) -> str:
    """What a command says about its version; some say it on standard error."""
    try:
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=60)
    except OSError:
        return "not found"
    return (done.stdout + done.stderr).strip()


def version(*command) -> str:
    words = said(*command)
    found = re.search(r"\d+\.\d+[\w.+-]*", words)
    return found.group() if found else words


def processor() -> str:
    found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found.group(1) if found else platform.machine()


def revision(janua: Path) -> str:
    """The commit, if janua is the one that `make` builds here and git knows."""
    if janua != ROOT / ".venv/bin/janua":
        return ""
    words = said("git", "-C", ROOT, "describe", "--always", "--dirty", "--exclude=*")
    return f" ({words})" if re.fullmatch(r"[0-9a-f]+(-dirty)?", words) else ""


def surroundings(janua: Path, environment: Path) -> dict[str, str]:
    ours, theirs = (version(folder / "bin/python", "--version") for folder in (janua.parents[1], environment))
    python = ours if ours == theirs else f"{ours} (uWSGI and flup6: {theirs})"
    flup = said(environment / "bin/python", "-c", "from importlib.metadata import version; print(version('flup6'))")
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "kernel": f"Linux {platform.release()}",
        "processor": f"{os.cpu_count()} × {processor()}",
        "Python": python,
        "nginx": version("/usr/sbin/nginx", "-v"),
        "uWSGI": version(environment / "bin/uwsgi", "--version"),
        "flup6": flup,
        "janua": version(janua, "--version") + revision(janua),
        "rustc": version("rustc", "--version"),
    }
