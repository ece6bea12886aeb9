"""Signals at any moment: those that end nothing change nothing."""

import os
import random
import signal
import time

import pytest

from .support import APP, MODULES, WAYS, Clients, ask, nothing_leaks, until, workers


def test_signals_that_end_nothing_change_nothing(start_service):
    """Some are ignored, some have a handler of the app's in Python, some stop a process and let it go on; all of them
    may interrupt what the system is doing: reading a body, writing an answer, waiting."""
    service = start_service(APP, "--workers=2", "--threads=2")
    until(lambda: len(workers(service)) == 2)
    draw = random.Random(3)

    def one(number):
        way = WAYS[number % len(WAYS)]
        if number % 2:
            answer = ask(service, "/large", way)
            assert (answer.status, len(answer.body)) == (200, 3_000_000)
            return
        with MODULES[way].begin(getattr(service, way), "POST", "/read", length=30_000) as exchange:
            for _ in range(10):
                exchange.send(b"x" * 3_000)
                time.sleep(0.005)
            exchange.end()
            answer = exchange.answer()
        assert (answer.status, answer.body) == (200, b"30000")

    with nothing_leaks(service), Clients(one) as clients:
        until(lambda: clients.answered > 10)
        for _ in range(400):
            pid = draw.choice([service.process.pid, *workers(service)])
            number = draw.choice([signal.SIGUSR1, signal.SIGWINCH, signal.SIGCHLD, signal.SIGURG, signal.SIGSTOP])
            if number == signal.SIGUSR1 and pid == service.process.pid:
                continue  # only the app has a handler for it
            os.kill(pid, number)
            time.sleep(0.004)
            os.kill(pid, signal.SIGCONT)
    assert not clients.failures, clients.failures[:3]
    assert clients.answered > 20
    assert any(int(ask(service, "/heard").body) for _ in range(20)), "the app's handler was never called"


@pytest.mark.parametrize("way", WAYS)
def test_who_was_not_waited_for_has_not_used_up_the_time_that_it_has(start_service, tmp_path, way):
    """A signal ended the app's wait for the body. The time until it waited again was counted as the peer's."""
    service = start_service(APP, "--threads=1", "--progress-timeout=2s")
    note = tmp_path / "again"
    with MODULES[way].begin(getattr(service, way), "POST", "/alarm", query=str(note), length=5) as exchange:
        until(note.exists)
        time.sleep(0.3)
        exchange.send_all(b"hello")
        answer = exchange.answer()
    assert (answer.status, answer.body) == (200, b"hello"), service.log()


def test_sigpipe_and_broken_pipes_end_nobody(start_service):
    service = start_service(APP)
    with nothing_leaks(service):
        for pid in [service.process.pid, *workers(service)]:
            os.kill(pid, signal.SIGPIPE)
        assert ask(service, "/who").status == 200
