"""One stage for all rows."""

import signal

import pytest

from matrix.stage import Stage


def pytest_configure():
    # A run that is told to stop stops its servers.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session")
def stage():
    with Stage() as stage:
        yield stage
