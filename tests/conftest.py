"""What all Python tests share: the `janua` command and services made with it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import List

import pytest

from client.service import Service

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def janua_command() -> List[str]:
    """The command to test: `JANUA_COMMAND`, else the one that `make` builds, else the one on PATH."""
    # Taken out of the environment: to janua it would be an unknown setting.
    named = os.environ.pop("JANUA_COMMAND", None)
    for candidate in (named, str(ROOT / ".venv" / "bin" / "janua"), shutil.which("janua")):
        if candidate and os.access(candidate, os.X_OK):
            return [os.path.abspath(candidate)]
    pytest.exit("no janua command: build it with `make`, or name it in JANUA_COMMAND", returncode=2)


@pytest.fixture(scope="session")
def start_service(janua_command, tmp_path_factory):
    """Call it with an app and options to get a `Service`; all of them are stopped when the tests end."""
    services = []

    def start(app: str, *options: str) -> Service:
        service = Service(janua_command, tmp_path_factory.mktemp("service"), app, options)
        services.append(service)
        return service

    yield start
    failures = []
    for service in services:
        try:
            service.stop()
        except RuntimeError as failure:
            failures.append(str(failure))
    assert not failures, failures
