"""What ``theodore init`` writes is clean in RobotCode, which shows testers the same in their editor; `make lint` says it of what ships."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = ROOT / "resources/contracts/theodore-v2.openapi.yaml"


def analysed(folder, *paths):
    """The exit code of ``robotcode analyze code`` in a folder, and what it says."""
    known = os.pathsep.join(map(str, (ROOT / "libraries", ROOT / "resources")))
    done = subprocess.run(
        [sys.executable, "-m", "robotcode.cli", "analyze", "code", "--collect-unused", "--load-library-timeout", "120", *paths],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": known},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    "options", [(), ("--openapi", CONTRACT, "--url", "http://127.0.0.1:8080"), ("--url", "http://127.0.0.1:8080")], ids=len
)
def test_the_suites_of_a_new_project_are_clean(theodore, tmp_path, options):
    made = theodore("init", "mine", *options)
    assert made.returncode == 0, made.stderr
    code, output = analysed(tmp_path / "mine")
    assert code == 0, output


def test_a_misspelt_keyword_and_variable_are_found(tmp_path):
    shutil.copy(ROOT / "suites/e2e/tenant_isolation.robot", tmp_path)
    suite = tmp_path / "tenant_isolation.robot"
    text = suite.read_text(encoding="utf-8")
    suite.write_text(
        text.replace("Should Be Invisible To    ${RESEARCH}", "Should Be Invisble To    ${RESERCH}"), encoding="utf-8"
    )
    code, output = analysed(tmp_path, suite.name)
    assert code & 1  # errors; the variable that is not used any more is a warning beside them
    assert "No keyword with name 'Job Should Be Invisble To' found." in output
    assert "Variable '${RESERCH}' not found." in output
