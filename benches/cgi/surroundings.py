"""Where and with what the figures were measured."""

from __future__ import annotations

import datetime
import os
import platform
from pathlib import Path

from ..surroundings import ROOT, processor, said, version


def surroundings(bin: Path) -> dict[str, str]:
    flask = said(bin / "python", "-c", "from importlib.metadata import version; print(version('flask'))")
    commit = said("git", "-C", ROOT, "describe", "--always", "--dirty", "--exclude=*")
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "kernel": f"Linux {platform.release()}",
        "processor": f"{os.cpu_count()} × {processor()}",
        "janua-cgi": f"{version(bin / 'janua-cgi', '--version')} (tree {commit})",
        "Python": version(bin / "python", "--version"),
        "Flask": flask,
        "Apache": version("/usr/sbin/apache2", "-v"),
        "hyperfine": version("hyperfine", "--version"),
        "cc": version("cc", "-dumpfullversion"),
        "rustc": version("rustc", "--version"),
    }
