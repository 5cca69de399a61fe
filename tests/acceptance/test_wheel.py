"""From an empty folder with only the built wheel installed: init, then test."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT], check=True, capture_output=True)
    wheel = next(folder.glob("*.whl"))
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    subprocess.run(
        [sys.executable, "-m", "uv", "pip", "install", "-q", "--python", folder / "venv" / "bin" / "python", wheel], check=True
    )
    return folder / "venv" / "bin"


def test_a_new_project_runs_at_once(installed, tmp_path, clean_environment):
    def theodore(*arguments, cwd):
        return subprocess.run(
            [installed / "theodore", *arguments],
            cwd=cwd,
            env=clean_environment,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )

    made = theodore("init", "x", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    done = theodore("test", "e2e", cwd=tmp_path / "x")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 PASS" in done.stdout
    assert (tmp_path / "x" / "results" / "log.html").is_file()
    plain = subprocess.run(
        [installed / "robot", "--argumentfile", "theodore.args", "suites"],
        cwd=tmp_path / "x",
        env=clean_environment,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert plain.returncode == 0, plain.stdout
    again = theodore("init", "x", cwd=tmp_path)
    assert (again.returncode, again.stderr) == (2, "Error: The folder x is not empty: name a new one, nothing was written.\n")


def test_the_shipped_suites_run_from_the_wheel(installed, tmp_path, clean_environment):
    done = subprocess.run(
        [installed / "robotframework-theodore", "test", "e2e", "--scenario", "sessions"],
        cwd=tmp_path,
        env=clean_environment,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
