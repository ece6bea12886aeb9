"""`janua-cgi` behind real servers: one process answers, and another takes its place when it must."""

import http.client
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from client.load import Load

from .kept import begin
from .server import AS_ROOT

# A user whom nobody is.
NOBODY = 54321


def test_200_first_requests_at_once_start_one_backend(start):
    kept = start(crowd=True)
    with ThreadPoolExecutor(200) as pool:
        answers = list(pool.map(lambda _: kept.new_browser().get("/pid"), range(200)))
    assert {answer.status for answer in answers} == {200}
    assert {int(answer.body) for answer in answers} == set(kept.loads())
    assert len(kept.loads()) == 1


def test_a_backend_killed_in_the_middle_of_a_request(kept):
    token, first = kept.token(), kept.pid()
    answer = begin(kept, "GET", f"/hold?token={token}")
    kept.wait_for(token, "entered")
    os.kill(first, signal.SIGKILL)
    answer = answer.result(20)
    assert answer.status == 500 and b"Traceback" not in answer.body
    assert "lost before it answered" in kept.server.error_log()
    assert kept.pid() != first and len(kept.loads()) == 2


def test_a_backend_killed_in_the_middle_of_an_answer_is_a_visible_break(kept):
    token, first = kept.token(), kept.pid()
    answer = begin(kept, "GET", f"/hold?part=1&token={token}")
    kept.wait_for(token, "entered")
    os.kill(first, signal.SIGKILL)
    # The servers tell by closing the connection, and only when nobody has used it for some seconds.
    assert isinstance(answer.result(30), http.client.IncompleteRead)
    assert kept.pid() != first and len(kept.loads()) == 2


def test_a_backend_outlives_its_server(kept):
    first = kept.pid()
    kept.browser.close()
    assert kept.server.stop() is not None
    kept.server.pid_file.unlink(missing_ok=True)
    kept.start()
    assert kept.pid() == first


@pytest.mark.skipif(not AS_ROOT, reason="only root can act as another user")
def test_a_folder_that_another_user_has_planted_is_refused_and_logged(kept):
    planted = kept.places.run / "cgi"
    planted.mkdir(mode=0o700)
    os.chown(planted, NOBODY, NOBODY)
    pids = [kept.pid() for _ in range(2)]
    assert pids == kept.loads() and len(set(pids)) == 2, "each request is served by its own process"
    log = kept.server.error_log()
    assert str(planted) in log and f"belongs to the user {NOBODY}" in log and "refused" in log
    assert not list(planted.iterdir())
    planted.rmdir()
    assert kept.pid() == kept.pid()


def load(kept, path):
    @contextmanager
    def begin():
        browser = kept.new_browser()
        yield lambda: browser.get(path)
        browser.close()

    return Load(begin)


def version(answer):
    """The versions of script and module that all of an answer came from."""
    assert answer.status == 200, answer
    lines = answer.body.splitlines()
    assert len(lines) == 3 and len(set(lines)) == 1, f"a mixed answer: {lines}"
    return tuple(map(int, lines[0].split()))


def test_code_that_changes_under_load(kept):
    with load(kept, "/version") as clients:
        for number in range(2, 8):
            kept.write_helper(f"VERSION = {number}  # {'.' * number}")
            assert version(kept.browser.get("/version")) == (number - 1, number)
            kept.write_script(number)
            assert version(kept.browser.get("/version")) == (number, number)
    seen = [version(answer) for answer in clients.answers]
    assert len(seen) > 20 and len(set(seen)) > 2
    assert all(module in (script, script + 1) for script, module in seen)
    # None of them had to do without a backend.
    assert "has no backend" not in kept.server.error_log()


def test_a_touch_under_load_is_enough(kept):
    pids = []
    with load(kept, "/version") as clients:
        for _ in range(5):
            pids.append(kept.pid())
            os.utime(kept.script)
    assert len(set(pids)) == 5
    assert {version(answer) for answer in clients.answers} == {(1, 1)}


@pytest.mark.parametrize("mistake", ["VERSION =", "import no_such_module", "raise RuntimeError('at import')"])
def test_an_import_error_is_a_500_until_the_next_good_edit(kept, mistake):
    kept.pid()
    kept.write_helper(mistake)
    for _ in range(2):
        answer = kept.browser.get("/version")
        assert answer.status == 500
        assert "Traceback" not in answer.text and "helper" not in answer.text
    log = kept.server.error_log()
    assert "Traceback" in log and "helper.py" in log
    kept.write_helper("VERSION = 2")
    assert version(kept.browser.get("/version")) == (1, 2)


def test_an_edit_leaves_a_long_request_alone(kept):
    token, first = kept.token(), kept.pid()
    answer = begin(kept, "GET", f"/hold?token={token}")
    kept.wait_for(token, "entered")
    kept.write_script(2)
    assert kept.pid() != first
    kept.open(token)
    assert int(answer.result(20).body) == first
