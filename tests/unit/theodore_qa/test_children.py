"""Processes that are started beside a system."""

import subprocess
import sys

import pytest

from theodore_qa import children

ECHO = "import sys; print('ready: ' + sys.stdin.readline(), end='', flush=True); sys.stdin.read()"
DEAF = "import time; print('ready', flush=True); time.sleep(600)"


def started(program):
    return subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_a_process_is_instructed_by_one_line_and_answers_with_one():
    process = started(ECHO)
    assert children.instruct(process, {"name": "Zoë", "lines": "a\nb"}) == 'ready: {"name": "Zo\\u00eb", "lines": "a\\nb"}\n'
    children.end(process)
    assert process.returncode == 0


def test_a_process_that_ends_instead_answers_nothing():
    process = started("import sys; sys.stdin.readline(); sys.exit(3)")
    assert children.instruct(process, {}) == ""
    children.end(process)
    assert process.returncode == 3


@pytest.mark.parametrize("patience", [0.0, 0.05])
def test_a_process_that_goes_on_after_its_input_was_closed_is_killed(monkeypatch, patience):
    monkeypatch.setattr(children, "PATIENCE", patience)
    process = started(DEAF)
    assert children.instruct(process, {}) == "ready\n"
    children.end(process)
    assert process.returncode == -9
    assert process.stdout.closed
