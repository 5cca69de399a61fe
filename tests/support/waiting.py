"""How tests wait: for a condition, with a limit."""

import time


def until(condition, what, limit=300):
    """Wait until a condition holds; that it does not within so many seconds is the test's failure."""
    deadline = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < deadline, f"{what} not within {limit} s"
        time.sleep(0.02)
