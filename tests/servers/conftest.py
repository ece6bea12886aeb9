"""Fixtures: one environment and one temporary folder for all, one running site for each configuration."""

import os
import shutil
import signal
import tempfile
from pathlib import Path

import pytest

from .configurations import CONFIGURATIONS
from .environment import environment
from .kept import WAYS, Kept
from .process import processes_that_stay
from .site import Site


def pytest_configure(config):
    # A run that is told to stop stops its servers.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    config.addinivalue_line("markers", "only(wanted): the configurations behind servers that a test is about")


def pytest_collection_modifyitems(items):
    items[:] = [
        item
        for item in items
        if all(mark.args[0](item.callspec.params["site"]) for mark in item.iter_markers("only"))
    ]


@pytest.fixture(scope="session")
def workshop():
    """A folder that every user can look into, with a name short enough for unix sockets and `#!` lines."""
    folder = Path(tempfile.mkdtemp(prefix="janua-e2e-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    left = processes_that_stay(folder)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    if not os.environ.get("JANUA_E2E_KEEP"):
        shutil.rmtree(folder, ignore_errors=True)
    assert not left, f"processes left behind: {left}"


@pytest.fixture(scope="session")
def janua(workshop):
    """The command, in an environment that the servers' children can read."""
    return environment(workshop / "venv") / "bin" / "janua"


@pytest.fixture(scope="session", params=CONFIGURATIONS, ids=str)
def site(request, workshop, janua):
    """A configuration with its server running. pytest sorts the tests so that one runs at a time."""
    folder = Path(tempfile.mkdtemp(prefix=f"{request.param}-", dir=workshop))
    folder.chmod(0o755)
    site = Site(request.param, folder, janua)
    try:
        site.start()
        yield site
    finally:
        server, service = site.stop()
    assert server is not None, f"the server had to be killed; its log:\n{site.server.error_log()}"
    assert service == 0, f"janua ended with status {service}; its log:\n{site.service.output()}"


@pytest.fixture
def browser(site):
    """The site's browser, with a fresh connection for each test."""
    site.browser.close()
    return site.browser


@pytest.fixture(params=WAYS)
def way(request):
    """A server that starts CGI scripts."""
    return WAYS[request.param]


@pytest.fixture
def start(way, workshop, janua):
    """Starts a server with the script; what was started ends with the test."""
    started = []

    def one(**options):
        folder = Path(tempfile.mkdtemp(prefix=f"kept-{way}-", dir=workshop))
        folder.chmod(0o755)
        started.append(Kept(way, folder, janua, **options))
        started[-1].start()
        return started[-1]

    yield one
    for kept in started:
        assert kept.stop() is not None, f"the server had to be killed; its log:\n{kept.server.error_log()}"


@pytest.fixture
def kept(start):
    return start()
