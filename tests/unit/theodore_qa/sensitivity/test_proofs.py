"""Which suites a proof runs for a system."""

import pytest

from theodore_qa import paths
from theodore_qa.sensitivity.proofs import Bench, suite_files_of


@pytest.fixture
def suites(tmp_path):
    texts = {
        "e2e/__init__.robot": "Test Tags    system:theodore",
        "e2e/jobs.robot": "Test Tags    area:jobs",
        "e2e/promptcraft/roles.robot": "Test Tags    system:promptcraft    -system:theodore",
        "e2e/journeys.robot": "Test Tags    system:promptcraft    system:theodore",
        "records/any.robot": "Test Tags    area:records",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"*** Settings ***\n{text}\n\n*** Test Cases ***\nOne\n    No Operation\n")
    return tmp_path


@pytest.mark.parametrize(
    ("system", "names"), [("theodore", ["any", "jobs", "journeys"]), ("promptcraft", ["any", "journeys", "roles"])]
)
def test_suites_of_another_system_are_left_out(suites, tmp_path, system, names):
    bench = Bench(suites / "e2e", tmp_path, 1, print, system)
    assert sorted(path.stem for path in suite_files_of(bench, ("e2e", "records"))) == names


def test_no_shipped_suite_of_theodore_is_run_for_the_platform(tmp_path):
    bench = Bench(paths.suites("e2e"), tmp_path, 1, print, "promptcraft")
    found = suite_files_of(bench, ("e2e", "tenants", "security"))
    assert len(found) > 20
    assert [path.stem for path in found if path.parent.name == "e2e"] == ["user_journeys"]  # over both systems
