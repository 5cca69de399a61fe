"""Live progress: a terminal of 60 columns stays legible, and elsewhere there is a line for each test."""

import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import termios

import pyte
import pytest
from waiting import until

from theodore_qa.run import progress
from theodore_qa.run.plan import Plan, Planned
from theodore_qa.run.progress import Follower, Usual

COLUMNS, LINES = 60, 12
LONG = "A name that is far longer than a terminal of sixty columns, as names of tests are"
HOSTILE = "[bold]Markup[/] \x1b[2Jand\rescapes 日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語"
CHILD = """
import sys
from pathlib import Path
from theodore_qa.run import progress
from theodore_qa.run.plan import Plan, Planned
records = Path(sys.argv[1])
names = sys.argv[2].split("|")
usual = progress.Usual({("a.robot", name): 65.0 for name in names}, 2)
follower = progress.Follower(usual=usual)
follower.planned(Plan(records, tuple(Planned("a.robot", 1, name, ()) for name in names)))
progress.EVERY = 0
for line in sys.stdin:
    follower.follow(records)
follower.close()
print("the end")
"""


def record(kind, name, verdict="PASS", message=""):
    return json.dumps({"type": kind, "source": "a.robot", "line": 1, "name": name, "verdict": verdict, "message": message}) + "\n"


class Terminal:
    """A process on a terminal of 60 columns, and what stands there."""

    def __init__(self, folder, names):
        self.records = folder / "1.jsonl"
        self.records.touch()
        self.screen = pyte.Screen(COLUMNS, LINES)
        self.stream = pyte.ByteStream(self.screen)
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        os.set_blocking(self.master, False)
        environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR", "CI")}
        command = [sys.executable, "-c", CHILD, str(folder), "|".join(names)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=slave, stderr=slave, env=environment | {"TERM": "xterm"}
        )
        os.close(slave)

    def step(self, *records):
        with self.records.open("a") as file:
            file.writelines(records)
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()

    def rows(self):
        try:
            while content := os.read(self.master, 65536):
                self.stream.feed(content)
        except OSError:
            pass
        return [row.rstrip() for row in self.screen.display if row.strip()]

    def shows(self, *parts):
        until(lambda: all(any(part in row for row in self.rows()) for part in parts), parts, limit=60)
        return self.rows()


@pytest.fixture
def terminal(tmp_path):
    opened = Terminal(tmp_path, [LONG, HOSTILE, "Third", "Fourth"])
    yield opened
    opened.process.kill()
    opened.process.wait()
    opened.process.stdin.close()
    os.close(opened.master)


def test_a_terminal_of_60_columns_shows_whole_lines(terminal):
    terminal.shows("0/4 tests, 0 ms, left about 2 min 10 s")
    terminal.step(record("start", LONG), record("start", HOSTILE))
    rows = terminal.shows("A name that is far", "[bold]Markup[/] ?[2Jand?escapes")
    assert len(rows) == 3
    assert rows[1].endswith("…")
    terminal.step(record("test", LONG, "FAIL"), record("start", "Third"))
    rows = terminal.shows("1/4 tests, 1 FAIL", "FAIL: a.robot > A name", "Third (usually 1 min 5 s)")
    assert len(rows) == 4
    assert rows[0].startswith("FAIL: a.robot > A name that")
    terminal.process.stdin.close()
    rows = terminal.shows("the end")
    assert [row[:20] for row in rows] == ["FAIL: a.robot > A na", "the end"]


def test_elsewhere_there_is_a_line_for_each_test_and_one_for_long_silence(tmp_path, capsys, monkeypatch):
    plan = Plan(tmp_path, tuple(Planned("a.robot", 1, name, ()) for name in ("A", "B")))
    follower = Follower(usual=Usual({("a.robot", "A"): 2.0, ("a.robot", "B"): 4.0}))
    follower.planned(plan)
    records = tmp_path / "1.jsonl"
    records.write_text(record("start", "A") + record("test", "A", "FAIL") + record("start", "B") + record("test", "B")[:9])
    follower.follow(tmp_path)
    monkeypatch.setattr(progress, "SILENCE", -1.0)
    follower.follow(tmp_path)
    follower.close()
    planned, ended, silent, *_ = capsys.readouterr().out.splitlines()
    assert planned == "2 tests planned; about 6 s"
    assert ended.startswith("[  1/2] FAIL          a.robot > A (")
    assert silent == "1 of 2 ended; running: B (usually 4 s)"


def test_a_scan_that_takes_long_says_how_far_it_is(tmp_path, capsys, monkeypatch):
    follower = Follower()
    follower.planned(Plan(tmp_path, ()))
    line = json.dumps({"type": "progress", "what": "scan [3/79] cors: 1 findings, 40 requests"}) + "\n"
    (tmp_path / "1.jsonl").write_text(line)
    follower.follow(tmp_path)
    monkeypatch.setattr(progress, "BETWEEN", -1.0)
    (tmp_path / "1.jsonl").write_text(line * 2)
    follower.follow(tmp_path)
    follower.close()
    assert capsys.readouterr().out.splitlines()[1:] == ["      scan [3/79] cors: 1 findings, 40 requests"]


@pytest.mark.parametrize(
    ("seconds", "processes", "left"),
    [({}, 1, None), ({"A": 2.0}, 1, None), ({"A": 2.0, "B": 4.0}, 1, 9.0), ({"A": 2.0, "B": 4.0}, 2, 4.5), ({"A": 2.0, "B": 4.0}, 9, 3.0)],
)
def test_what_is_left_is_estimated_where_most_is_known(seconds, processes, left):
    usual = Usual({("a.robot", name): took for name, took in seconds.items()}, processes)
    waiting = [("a.robot", 1, name) for name in ("A", "B", "C")]
    assert usual.left(waiting, {}) == left


def test_a_test_that_takes_longer_than_usual_takes_nothing_off_the_rest():
    usual = Usual({("a.robot", "A"): 2.0, ("a.robot", "B"): 4.0})
    assert usual.left([("a.robot", 1, "A")], {("a.robot", 1, "B"): 99.0}) == 2.0
