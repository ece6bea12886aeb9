"""Programs started one after the other, by hyperfine: the whole life of a process, without a shell and without a server."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from statistics import median

from .figures import Run
from .site import Site


def run(site: Site, program: Path, runs: int) -> Run:
    """The median of so many runs. An exit status other than 0 stops the benchmark."""
    export = site.run / "times.json"
    command = ["hyperfine", "-N", "--style=none", "--warmup=2", f"--runs={runs}", f"--export-json={export}", program]
    done = subprocess.run(
        [str(word) for word in command], env=site.environment(program), stdin=subprocess.DEVNULL, capture_output=True, text=True,
        cwd=program.parent, timeout=120, **site.as_user,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{program.name}: {done.stderr}")
    (result,) = json.loads(export.read_text())["results"]
    return Run(time=median(result["times"]) * 1000)
