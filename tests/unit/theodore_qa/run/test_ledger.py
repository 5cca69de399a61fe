"""The ledger: every run that began stands there, whoever writes at once."""

import threading

from theodore_qa.pack import chain
from theodore_qa.run import ledger


def test_runs_that_write_at_once_leave_no_gap(tmp_path):
    def write(name):
        for number in range(10):
            ledger.started(tmp_path, f"{name}-{number}", suites="e2e", options=["--exclude", "slow"])

    threads = [threading.Thread(target=write, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    entries, problems = ledger.read(tmp_path)
    assert (problems, [entry.number for entry in entries]) == ([], list(range(1, 31)))
    assert entries[0].details["options"] == ["--exclude", "slow"]


def test_a_run_beside_another_is_named_until_its_folder_is_gone(tmp_path):
    evidence = tmp_path / "evidence"
    (tmp_path / "run-7").mkdir()
    ledger.elsewhere(evidence, "7", "run-7")
    assert chain.all_problems(evidence) == []
    (tmp_path / "run-7").rmdir()
    assert chain.all_problems(evidence) == ["MISSING 7: it ran in run-7, which is not there."]
