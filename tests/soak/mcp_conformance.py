"""The proof that a generated agent passes the official conformance suite of MCP, which npm brings into a folder of its own."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "theodore-tests"
VERSION = "0.1.9"
LONGEST = 600
SUITE = """\
*** Settings ***
Library    PromptCraftLibrary

*** Test Cases ***
Conforms
    ${agent} =    Create Agent
    Follow Agent Creation    ${agent}
    Agent Should Pass MCP Conformance Suite    ${agent}

Lacks A Tool Of The Suite
    ${agent} =    Create Agent
    Follow Agent Creation    ${agent}
    Agent Should Pass MCP Conformance Suite    ${agent}    tools-call-error
"""
# The second row shows that the suite can fail.
EXPECTED = {"Conforms": "", "Lacks A Tool Of The Suite": "expected all checks of tools-call-error, observed tools-call-error: Failed: "}


def installed():
    """The folder of the suite's command."""
    folder = CACHE / f"mcp-conformance-{VERSION}"
    if not (folder / "node_modules/.bin/conformance").exists():
        folder.mkdir(parents=True, exist_ok=True)
        package = f"@modelcontextprotocol/conformance@{VERSION}"
        subprocess.run(
            [shutil.which("npm"), "install", "--silent", "--no-audit", "--no-fund", package], cwd=folder, check=True, timeout=LONGEST
        )
    return folder / "node_modules/.bin"


def main():
    """Run both rows on the sandbox, and say which is other than expected."""
    from robot.api import ExecutionResult

    with tempfile.TemporaryDirectory() as temporary:
        suite = Path(temporary) / "conformance.robot"
        suite.write_text(SUITE, encoding="utf-8")
        environment = os.environ | {"PATH": f"{installed()}:{os.environ['PATH']}", "THEODORE_ENVIRONMENT": str(ROOT / "variables/sandbox.yaml")}
        command = [sys.executable, "-m", "robot", "--outputdir", temporary, "--log", "NONE", "--report", "NONE", str(suite)]
        subprocess.run(command, env=environment, check=False, timeout=LONGEST, stdout=subprocess.DEVNULL)
        messages = {test.name: test.message for test in ExecutionResult(Path(temporary) / "output.xml").suite.tests}
    wrong = 0
    for name, part in EXPECTED.items():
        observed = messages.get(name, "it did not run")
        holds = part in observed if part else observed == ""
        wrong += not holds
        print(f"{'ok' if holds else 'WRONG'}  {name}: {observed or 'passed'}")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
