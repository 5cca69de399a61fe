from theodore_sandbox import defects
from theodore_sandbox.defects.load import LOAD


def test_they_are_off_until_they_are_switched_on():
    assert [defect.name for defect in LOAD if defects.on(defect.name)] == []
    defects.switch(["researches-serialised"])
    assert [defect.name for defect in LOAD if defects.on(defect.name)] == ["researches-serialised"]
    defects.switch([])
