"""A virtual environment that every user of the machine can read.

Apache never runs an app as root: its children are www-data, who cannot look into a home folder. So the
end-to-end tests run janua from an environment of their own, made with the system's Python.

    python tests/servers/environment.py FOLDER      builds one; then set JANUA_E2E_VENV=FOLDER
"""

import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
PYTHON = os.environ.get("JANUA_E2E_PYTHON", "/usr/bin/python3")
PACKAGES = ["flask>=3,<4", "django>=4.2,<6"]


def build(folder):
    """Makes the environment in `folder` and installs this project and the frameworks into it."""
    previous = os.umask(0o022)
    try:
        subprocess.run([PYTHON, "-m", "venv", folder], check=True)
        subprocess.run([Path(folder) / "bin/pip", "install", "--quiet", PROJECT, *PACKAGES], check=True)
    finally:
        os.umask(previous)
    return Path(folder)


def environment(folder):
    """The environment that JANUA_E2E_VENV names, else a new one in `folder`."""
    given = os.environ.get("JANUA_E2E_VENV")
    venv = Path(given).absolute() if given else build(folder)
    closed = [place for place in (venv, *venv.parents) if not place.stat().st_mode & 0o001]
    if closed and os.geteuid() == 0:
        raise RuntimeError(f"{venv} cannot be used by Apache's children: {closed[-1]} is closed to other users")
    return venv


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    build(sys.argv[1])
