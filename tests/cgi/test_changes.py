"""Backends that come and go while requests arrive: none of them fails, and none sees old code."""

import os
import threading
import time
from contextlib import nullcontext

import pytest

from client.load import Load, write

from .conftest import is_alive, until

APP = """
import helper
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"%d %d" % (VERSION, helper.VERSION)]
"""


@pytest.fixture(autouse=True)
def real_backends(knows_backends):
    if not knows_backends:
        pytest.skip("this janua knows no backends")


def load(site, script):
    return Load(lambda: nullcontext(lambda: site.ask(script)))


def test_code_that_changes_under_load(site):
    script = site.script(text="VERSION = 0" + APP)
    helper = site.folder / "helper.py"
    helper.write_text("VERSION = 0")
    top = script.read_text().split("VERSION")[0]
    with load(site, script) as clients:
        for version in range(1, 9):
            # The script's own answer tells the version of the module that it was to have.
            # Longer each time: Python's own cache of bytecode tells files apart by size and second.
            write(helper, f"VERSION = {version}" + "#" * version)
            assert site.ask(script).body.split()[1] == b"%d" % version
            write(script, top + f"VERSION = {version}" + APP)
            assert site.ask(script).body == b"%d %d" % (version, version)
    assert {answer.status for answer in clients.answers} == {200}
    assert {answer.stderr for answer in clients.answers} == {b""}
    assert len(clients.answers) > 20 and site.started("process") == []
    seen = [tuple(map(int, answer.body.split())) for answer in clients.answers]
    assert all(module in (version, version + 1) for version, module in seen)


def test_backends_that_leave_under_load(site):
    script = site.script("app.cgi", "# janua: cgi_max_requests = 3", "# janua: cgi_idle_timeout = 1")
    with load(site, script) as clients:
        end = time.monotonic() + 5
        while time.monotonic() < end:
            time.sleep(0.1)
    assert {(answer.status, answer.body, answer.stderr) for answer in clients.answers} == {(200, b"hello\n", b"")}
    assert len(site.started("backend")) > 3 and site.started("process") == []
    until(lambda: not site.files("socket"))
    assert site.ask(script).body == b"hello\n"


def test_an_import_error_is_a_500_until_the_next_edit(site):
    script = site.script(text="VERSION = 1" + APP)
    for text, status in [("VERSION = 1", 200), ("VERSION =", 500), ("import no_such", 500), ("VERSION = 2", 200)]:
        write(site.folder / "helper.py", text)
        answers = [site.ask(script) for _ in range(2)]
        assert [answer.status for answer in answers] == [status] * 2, text
        if status == 500:
            assert b"helper.py" in answers[0].stderr + b"".join(log.read_bytes() for log in site.files("log"))
    assert answers[1].body == b"1 2" and site.started("process") == []


def test_a_touch_is_enough(site):
    script = site.script()
    pids = []
    for _ in range(3):
        pids.append(site.pid(script))
        os.utime(script)
    assert len(set(pids)) == 3


@pytest.mark.parametrize("reload", ["script", "off"])
def test_other_settings_in_the_script_end_the_backend_that_had_the_old_ones(site, reload):
    """By its settings a backend is found, so nobody came to it any more, and it stayed until its idle timeout."""
    comment = f"# janua: cgi_reload = '{reload}'"
    script = site.script("app.cgi", comment, "# janua: cgi_threads = 1")
    first = site.pid(script)
    site.script("app.cgi", comment, "# janua: cgi_threads = 2")
    second = site.pid(script)
    assert second != first and site.pid(script) == second
    until(lambda: not is_alive(first))
    assert len(site.files("socket")) == 1
    assert b"other settings stand in the script" in b"".join(log.read_bytes() for log in site.files("log"))


def test_other_code_below_the_same_settings_ends_nothing_with_reload_off(site):
    script = site.script("app.cgi", "# janua: cgi_reload = 'off'")
    first = site.pid(script)
    write(script, script.read_text() + "# edited\n")
    time.sleep(2.5)
    assert site.pid(script) == first


def test_code_that_changes_while_it_is_loaded(site):
    """Who asks after the change is not to wait for the old code."""
    script = site.script(text="VERSION = 0" + APP)
    helper = site.folder / "helper.py"
    helper.write_text("VERSION = 0; import time; time.sleep(2)")
    first = threading.Thread(target=site.ask, args=(script,))
    first.start()
    until(lambda: site.started("backend"))
    time.sleep(1)
    write(helper, "VERSION = 1")
    assert site.ask(script).body == b"0 1"
    first.join()
