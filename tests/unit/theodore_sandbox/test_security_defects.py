"""Each security defect names a suite that has the attack which finds it."""

from pathlib import Path

import pytest

from theodore_sandbox.defects.security import CONSEQUENCES, LOCATIONS, SECURITY

SUITES = Path(__file__).resolve().parents[3] / "suites" / "security"


@pytest.mark.parametrize("defect", SECURITY, ids=lambda defect: defect.name)
def test_its_suite_has_the_attack(defect):
    attack = defect.check.removeprefix("security.")
    assert f"attack:{attack} " in (SUITES / f"{defect.suite}.robot").read_text().replace("\n", " ")


def test_each_has_its_location_and_known_consequences():
    names = {defect.name for defect in SECURITY}
    assert set(LOCATIONS) == names
    assert set(CONSEQUENCES) <= names
