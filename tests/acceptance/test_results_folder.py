"""Results on a disk that is full or protected: one sentence, and what could not be written down counts as not evaluated."""

import subprocess

import pytest
from components import lacking

SUITE = """\
*** Settings ***
Library    TheodoreLibrary

*** Test Cases ***
Before
    ${r} =    Research Company    Slack
    Get Research Status    ${r}    ==    completed

While The Disk Fills
    ${r} =    Research Company    Slack
    Evaluate    importlib.import_module('filling').fill($OUTPUT_DIR)    importlib
    Get Research Status    ${r}    ==    completed

After
    ${r} =    Research Company    Slack
    Get Research Status    ${r}    ==    completed
"""
FILLING = """\
def fill(folder):
    with open(f"{folder}/ballast", "wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(512))
        except OSError:
            pass
"""


@pytest.fixture
def disk(tmp_path):
    """Mount a small file system; called again it changes the options of the one that is there."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def mount(options):
        command = ["mount", "-t", "tmpfs", "-o", options, "none", folder]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            lacking("nothing can be mounted here")
        return folder

    yield mount
    subprocess.run(["umount", folder], capture_output=True, check=False)


def spoken(done):
    return done.stdout + done.stderr


def test_a_disk_that_is_full_before_the_run_is_wrong_usage(theodore, tmp_path, disk):
    results = disk("size=32k") / "results"
    suite(tmp_path)
    done = theodore("test", "e2e", "--results", results)
    assert (done.returncode, done.stderr) == (
        2,
        f"Error: Nothing can be written to the folder {results} (No space left on device): "
        "name a folder that you may write to, with room on its disk, by --results.\n",
    )


def suite(folder):
    file = folder / "suites" / "e2e" / "filling.robot"
    file.parent.mkdir(parents=True)
    file.write_text(SUITE)
    (folder / "filling.py").write_text(FILLING)


def test_a_disk_that_fills_during_the_run_passes_and_fails_nothing(theodore, tmp_path, disk):
    results = disk("size=2m") / "results"
    suite(tmp_path)
    done = theodore("test", "e2e", "--results", results, "--no-parallel", "--", "--pythonpath", tmp_path)
    assert done.returncode == 3, spoken(done)
    assert "0 FAIL" in done.stdout
    assert "No space left on device" in done.stdout
    assert not any(text in spoken(done) for text in ("mistake of theodore", "Traceback", "FAIL: ")), spoken(done)
    assert not (results / "log.html").is_file() or "</html>" in (results / "log.html").read_text()


def test_a_protected_disk_is_wrong_usage(theodore, disk):
    folder = disk("ro")
    for command, file in ((("init", folder / "mine"), folder / "mine"), (("sandbox", "up"), ".theodore")):
        done = theodore(*command, cwd=folder)
        assert (done.returncode, done.stderr) == (2, f"Error: {file} cannot be read or written: Read-only file system.\n")
    done = theodore("test", "e2e", "--scenario", "sessions", cwd=folder)
    assert done.returncode == 2
    assert done.stderr.startswith(f"Error: Nothing can be written to the folder {folder}/results (Read-only file system): ")


def test_faults_without_a_journal_are_not_evaluated(robot):
    text = "*** Settings ***\nLibrary    ChaosLibrary\n\n*** Test Cases ***\nA\n    Pause Process\n"
    _, result = robot(text, env={"THEODORE_CHAOS_HOME": "/proc/nowhere"})
    assert result.suite.tests[0].message == (
        "NOT EVALUATED: The chaos agent did not start: its journal /proc/nowhere cannot be written "
        "(No such file or directory): name a folder by THEODORE_CHAOS_HOME."
    )
