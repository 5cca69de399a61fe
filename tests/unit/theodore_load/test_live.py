"""Figures while a load runs: plain lines from time to time, one line that is renewed on a terminal."""

import io

import pytest

from theodore_load.engine import Progress
from theodore_load.live import LiveFigures


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Clock:
    def __init__(self):
        self.moment = 0.0

    def __call__(self):
        return self.moment


def written(stream, *moments, **options):
    """What is written as a load goes on: moments with their progress."""
    clock = Clock()
    with LiveFigures("api", stream=stream, clock=clock, **options) as live:
        for moment, progress in moments:
            clock.moment = moment
            live(progress)
    return stream.getvalue()


def test_plain_lines_come_every_ten_seconds():
    text = written(
        io.StringIO(),
        (1.0, Progress(100, 0, 100, 5.0)),
        (10.0, Progress(1000, 0, 1000, 50.0)),
        (15.0, Progress(1500, 0, 1500, 75.0)),
        (20.0, Progress(3000, 30, 2970, 249.0)),
        planned=60.0,
    )
    assert text.splitlines() == [
        "Load api: 10 of 60 s, 1000 requests, 100/s, mean 50 ms, 0 failed",
        "Load api: 20 of 60 s, 3000 requests, 200/s, mean 101 ms, 30 failed (1.0%), 30 of them just now",
    ]


def test_a_short_load_writes_nothing():
    assert written(io.StringIO(), (0.5, Progress(10, 0, 10, 0.1)), (9.9, Progress(99, 0, 99, 1.0))) == ""


def test_lines_go_where_they_are_wanted():
    lines = []
    assert written(io.StringIO(), (12.0, Progress(12, 12, 0, 0.0)), write=lines.append) == ""
    assert lines == ["Load api: 12 s, 12 requests, 1/s, 12 failed (100.0%)"]


def test_a_terminal_has_one_line_that_is_renewed(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    text = written(Terminal(), (0.6, Progress(6, 0, 6, 0.6)), (1.2, Progress(12, 0, 12, 1.2)))
    assert "6 requests" in text
    assert "12 requests" in text
    assert text.count("\x1b[2K") >= 1


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_a_load_that_breaks_off_leaves_the_terminal_as_it_was(stream):
    with pytest.raises(KeyboardInterrupt), LiveFigures("[bold]api", stream=stream(), clock=lambda: 0.0):
        raise KeyboardInterrupt
