"""The build backend of this package (PEP 517, PEP 660): maturin, with one executable more in the wheel.

maturin builds the extension module and takes what lies in its data folder along. What has to lie there is `janua-cgi`,
a crate of its own, since it must neither need Python nor a dynamic linker: it is started for every request.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import maturin
from maturin import get_requires_for_build_editable, get_requires_for_build_sdist, get_requires_for_build_wheel

__all__ = [
    "build_editable", "build_sdist", "build_wheel", "get_requires_for_build_editable", "get_requires_for_build_sdist",
    "get_requires_for_build_wheel", "prepare_metadata_for_build_editable", "prepare_metadata_for_build_wheel",
]  # fmt: skip

ROOT = Path(__file__).resolve().parent.parent

#: `tool.maturin.data` of pyproject.toml. It has to exist for whatever is asked of maturin.
SCRIPTS = ROOT / "packaging" / "data" / "scripts"

#: For the executable alone, not for what it is made of: a cached crate serves with and without.
STATIC = ["-C", "target-feature=+crt-static", "-C", "relocation-model=static"]


def cargo(*rustc):
    """Builds the executable and gives its path, `None` if that fails. cargo looks for itself whether anything is to do."""
    command = [
        "cargo", "rustc", "--package", "janua-relay", "--bin", "janua-cgi", "--profile", "relay",
        "--message-format", "json-render-diagnostics", "--", *rustc,
    ]  # fmt: skip
    print("Running `{}`".format(" ".join(command)), flush=True)
    # Where there is no cargo, maturin brings its own.
    environment = getattr(maturin, "_get_env", lambda: None)()
    built = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=False)
    if built.returncode != 0:
        return None
    messages = map(json.loads, built.stdout.splitlines())
    return next(path for path in (message.get("executable") for message in messages) if path)


def place_executable():
    """Puts a fresh `janua-cgi` where maturin takes it from."""
    executable = cargo(*STATIC)
    if executable is None:
        # Some systems have no static C library. Dynamically linked it takes a little longer to start.
        print("janua-cgi cannot be linked statically here; trying it dynamically", file=sys.stderr, flush=True)
        executable = cargo()
    if executable is None:
        sys.exit("janua-cgi cannot be built; what cargo says about it stands above")
    SCRIPTS.mkdir(parents=True, exist_ok=True)
    fresh = SCRIPTS / f".janua-cgi.{os.getpid()}"
    shutil.copy(executable, fresh)
    fresh.chmod(0o755)
    # Another build may be reading the one that is there.
    fresh.replace(SCRIPTS / "janua-cgi")


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    place_executable()
    return maturin.build_wheel(wheel_directory, config_settings, metadata_directory)


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    place_executable()
    return maturin.build_editable(wheel_directory, config_settings, metadata_directory)


def build_sdist(sdist_directory, config_settings=None):
    SCRIPTS.mkdir(parents=True, exist_ok=True)
    return maturin.build_sdist(sdist_directory, config_settings)


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    SCRIPTS.mkdir(parents=True, exist_ok=True)
    return maturin.prepare_metadata_for_build_wheel(metadata_directory, config_settings)


def prepare_metadata_for_build_editable(metadata_directory, config_settings=None):
    SCRIPTS.mkdir(parents=True, exist_ok=True)
    return maturin.prepare_metadata_for_build_editable(metadata_directory, config_settings)
