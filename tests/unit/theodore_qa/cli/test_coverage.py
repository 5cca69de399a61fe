"""``theodore coverage`` and its exit codes."""

import json

import pytest
from click.testing import CliRunner

from theodore_qa.cli import main


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "results" / "evidence" / "20260101T000000-a"
    folder.mkdir(parents=True)

    def command(*arguments, observed=True):
        record = {
            "type": "observation",
            "run": folder.name,
            "source": "promises/access.robot",
            "name": "Public Ping",
            "check": "api.status",
            "subject": "GET /ping",
            "expected": "200",
            "observed": "200",
            "verdict": "PASS",
            "precondition": False,
        }
        (folder / "1-1.jsonl").write_text(json.dumps(record) + "\n" if observed else "")
        return CliRunner().invoke(main, ["coverage", "--results", str(tmp_path / "results"), *arguments])

    return command


def test_the_matrix_is_shown_and_written(run, tmp_path):
    done = run("--output", str(tmp_path / "coverage.json"))
    assert done.exit_code == 0
    assert "Promises: 1 of " in done.output
    assert json.loads((tmp_path / "coverage.json").read_text())["filled"] == 1
    assert "✔ PASS" in (tmp_path / "coverage.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "observed", "code"),
    [(("--at-least", "95"), True, 1), (("--at-least", "0.01"), True, 0), ((), False, 3), (("--output", "cells.txt"), True, 2)],
)
def test_exit_codes(run, arguments, observed, code):
    assert run(*arguments, observed=observed).exit_code == code


def test_a_system_without_promises_and_a_folder_that_is_not_there_are_wrong_usage(run):
    assert run("--system", "nowhere").exit_code == 2
    assert CliRunner().invoke(main, ["coverage", "--results", "not-there"]).exit_code == 2
