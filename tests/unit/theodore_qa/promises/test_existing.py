"""What fills cells exists."""

from pathlib import Path

import pytest

from theodore_qa import paths
from theodore_qa.promises.declaring import filling_of, promises_of
from theodore_qa.promises.existing import problems

SUITE = """*** Test Cases ***
No Orders
    No Operation

No Order
    No Operation

Name 200
    No Operation
"""


@pytest.fixture
def project(tmp_path):
    (tmp_path / "suites" / "shop").mkdir(parents=True)
    (tmp_path / "suites" / "shop" / "access.robot").write_text(SUITE)
    (tmp_path / "libraries").mkdir()
    (tmp_path / "libraries" / "own.py").write_text('CHECKS = ["api.status", f"api.{kind}"]\n')
    return tmp_path


def found(project, written, **changed):
    return problems(*written(**changed), project / "suites", project / "libraries")


def test_all_that_is_named_is_there(project, written):
    assert found(project, written) == []


@pytest.mark.parametrize(
    ("checks", "sentence"),
    [
        (('shop/access.robot, test: "No', 'shop/acess.robot, test: "No'), "There is no suite shop/acess.robot."),
        (("No {operation}", "Not {operation}"), "There is no test 'Not orders' in shop/access.robot, which is to fill"),
        (("check: api.status", "check: apis.status"), "No keyword makes the check apis.status, which is to fill"),
    ],
)
def test_what_is_not_there_is_named(project, written, checks, sentence):
    assert sentence in found(project, written, checks=checks)[0]


@pytest.mark.parametrize("system", ["theodore", "promptcraft"])
def test_what_fills_the_cells_exists(system):
    folder = paths.shipped("promises")
    promises = promises_of(folder / f"{system}.yaml")
    filling = filling_of(folder / f"{system}.checks.yaml", promises)
    assert problems(promises, filling, paths.shipped("suites"), Path(paths.__file__).parents[1]) == []
