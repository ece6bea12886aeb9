"""Requests that come while others take long."""

import time
from pathlib import Path

from client import scgi

APP = str(Path(__file__).with_name("app.py"))


def test_who_comes_behind_several_slow_requests_does_not_wait_for_each_of_them_to_show_that_it_is_slow(start_service):
    """A quick request came behind three that sleep, all within a moment: each of them kept the lead for one or two
    milliseconds until the watch had looked twice, so the fourth waited for three to six."""
    service = start_service(APP, "--threads", "4")
    waited = []
    for _ in range(30):
        exchanges = [scgi.begin(service.scgi, path="/nap") for _ in range(3)]
        since = time.monotonic()
        assert scgi.ask(service.scgi, path="/who").status == 200
        waited.append(time.monotonic() - since)
        for exchange in exchanges:
            with exchange:
                assert exchange.answer().status == 200
    # The machine may be busy at times, but not each time.
    assert sorted(waited)[3] < 0.002, waited
