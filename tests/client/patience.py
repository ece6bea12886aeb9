"""Waiting for what is bound to happen."""

import time

from .connection import SLOWNESS


def until(condition, seconds: float = 20.0):
    """What `condition` gives once that is true."""
    end = time.monotonic() + seconds * SLOWNESS
    while not (result := condition()):
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)
    return result
