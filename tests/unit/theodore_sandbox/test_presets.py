"""Presets stand for defects that there are."""

import pytest

from theodore_sandbox import defects
from theodore_sandbox.defects.public_application import PRESETS


@pytest.fixture(autouse=True)
def off():
    yield
    defects.switch([])


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_switches_its_defects_on_and_no_others(preset):
    defects.switch([preset])
    assert {line["name"] for line in defects.listing() if line["on"]} == set(PRESETS[preset])


def test_a_preset_is_no_name_of_a_defect():
    assert not set(PRESETS) & set(defects.DEFECTS)


def test_an_unknown_name_is_refused_and_nothing_is_switched():
    defects.switch(["keys-fetched-once"])
    with pytest.raises(ValueError, match="There is no defect 'public-application'"):
        defects.switch(["public-application"])
    assert defects.on("keys-fetched-once")
