"""What MCP's conformance suite reports is taken for a result only if it counts checks."""

import pytest

from PromptCraftLibrary.agents import conformance_suite
from theodore_qa.errors import NotEvaluatedError


def program(folder, monkeypatch, text):
    command = folder / "conformance"
    command.write_text(f"#!/bin/sh\n{text}\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")


def test_a_scenario_passes_with_all_its_checks(tmp_path, monkeypatch):
    program(tmp_path, monkeypatch, "printf '\\033[32mPassed: 2/2, 0 failed\\033[0m, 0 warnings\\n'")
    outcome = conformance_suite.run("ping", "http://127.0.0.1:1/mcp")
    assert (outcome.reason, str(outcome)) == ("", "ping: 2 of 2")


@pytest.mark.parametrize(
    ("code", "output", "reason"),
    [
        (1, "Passed: 0/1, 1 failed, 0 warnings\n  - X: y\n    Error: Failed: no such tool\n", "Failed: no such tool"),
        (1, "Passed: 1/1, 0 failed", "1 of 1 passed, exit code 1"),
        (0, "Passed: 1/2, 1 failed", "1 of 2 passed, exit code 0"),
        (0, "Passed: 1/2, 0 failed", "1 of 2 passed, exit code 0"),
    ],
)
def test_a_scenario_that_fails_says_why(code, output, reason):
    assert conformance_suite.judged("ping", code, output).reason == reason


@pytest.mark.parametrize("output", ["", "Passed: 0/0, 0 failed", "all good", "Passed: all"])
def test_a_suite_that_counts_nothing_is_not_evaluated(output):
    with pytest.raises(NotEvaluatedError, match="counted no checks of ping"):
        conformance_suite.judged("ping", 0, output)


def test_a_command_that_only_succeeds_is_not_evaluated(tmp_path, monkeypatch):
    program(tmp_path, monkeypatch, "exit 0")
    with pytest.raises(NotEvaluatedError, match="observed nothing"):
        conformance_suite.run("ping", "http://127.0.0.1:1/mcp")


def test_a_suite_that_is_not_installed_is_named_with_its_command(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotEvaluatedError, match="npm install --global @modelcontextprotocol/conformance"):
        conformance_suite.demand()
