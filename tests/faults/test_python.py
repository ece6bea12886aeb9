"""Python's own ways to stand still."""

import threading
import time

import pytest

from .support import APP, ask, nothing_leaks, until, workers


@pytest.mark.parametrize("threads", [1, 2])
def test_a_thread_of_the_app_that_dies_takes_nobody_along(start_service, threads):
    service = start_service(APP, f"--threads={threads}")
    with nothing_leaks(service):
        counts = {ask(service, "/thread").body for _ in range(10)}
        assert len(counts) <= threads, counts
    assert "IndexError" in service.log()


def test_an_extension_that_keeps_the_lock_holds_up_its_own_worker_only(start_service):
    """The other worker goes on at its usual pace; the request that keeps the lock and those behind it get answers."""
    service = start_service(APP, "--workers=2", "--threads=2")
    until(lambda: len(workers(service)) == 2)
    with nothing_leaks(service):
        held = _later(lambda: ask(service, "/hold", query="3"))
        time.sleep(0.3)
        slow = 0
        for _ in range(40):
            began = time.monotonic()
            assert ask(service, "/who").status == 200
            slow += time.monotonic() - began > 0.5
        # Those that the worker had taken before it stood still, one for each of its threads.
        assert slow <= 2
        assert held().body == b"held"
    log = service.wait_for_log("GET /hold was with the app")
    assert "Python's lock has not been free for 2 s" in log and log.count("Python's lock") == 2, log


def test_a_long_call_that_lets_go_of_the_lock_is_not_spoken_of(start_service):
    service = start_service(APP, "--threads=2")
    slow = _later(lambda: ask(service, "/sleep", query="3.5"))
    while not slow.done():
        assert ask(service, "/who").status == 200
        time.sleep(0.05)
    assert slow().body == b"slept" and "lock" not in service.log()


def _later(work):
    results = []
    thread = threading.Thread(target=lambda: results.append(work()), daemon=True)
    thread.start()

    def result():
        thread.join(30)
        return results[0]

    result.done = lambda: not thread.is_alive()
    return result
