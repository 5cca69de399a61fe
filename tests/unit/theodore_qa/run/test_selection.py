"""Tags that select are documented, and one that is nearly such a tag is answered."""

import re

import pytest

from theodore_qa import paths
from theodore_qa.errors import UsageError
from theodore_qa.run import selection, suites
from theodore_qa.run.plan import Planned


def test_the_guide_has_all_of_them():
    guide = (paths.shipped("variables").parent / "docs/TESTING_GUIDE.md").read_text(encoding="utf-8")
    table = dict(re.findall(r"^\| `([\w-]+):` \| (.*) \|$", guide, re.MULTILINE))
    assert table == selection.KNOWN


@pytest.mark.parametrize(
    ("tag", "right"),
    [
        ("senario:x", "scenario:x"),
        ("Sytem:shop", "system:shop"),
        ("atack:cors", "attack:cors"),
        ("control:SCO2-CC6.1", "control:SOC2-CC6.1"),
        ("control:GPDR-32", "control:GDPR-32"),
        ("control:ACME-12", ""),
        ("team:blue", ""),
        ("smoke", ""),
        *((f"{name}:x", "") for name in selection.KNOWN),
    ],
)
def test_a_tag_that_is_nearly_one(tag, right):
    sentences = selection.misspelt([Planned("a.robot", 7, "A", (tag,))])
    assert sentences == ([f"The tag '{tag}' of A (a.robot:7) selects nothing: did you mean '{right}'?"] if right else [])


@pytest.mark.parametrize(
    ("tags", "options", "by"),
    [
        (("slow",), ["--exclude", "slow"], "--exclude slow"),
        (("slow",), ["--exclude=slow", "--exclude", "other"], "--exclude slow"),
        (("b",), ["--exclude", "NOTscenario:a"], "--exclude NOTscenario:a"),
        (("b",), ["--include", "a", "-i", "c"], "--include a c"),
        (("b",), ["--include", "b", "--test", "Other"], "--test Other"),
        (("b", "robot:exclude"), ["--variable", "exclude:b"], "its tag robot:exclude"),
        (("b",), ["--variable", "x:1"], "another option of Robot, or the file itself"),
    ],
)
def test_the_option_that_leaves_a_test_out_is_named(tags, options, by):
    assert selection.left_out_by(Planned("e2e/a.robot", 1, "A", tags), options) == by


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("suites") / "shop"
    (folder / "orders").mkdir(parents=True)
    for name, test in (("first_order", "Order Is Kept"), ("orders/returns", "Return [1]")):
        (folder / f"{name}.robot").write_text(f"*** Test Cases ***\n{test}\n    No Operation\n")
    return suites.read(folder)


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--suite", "First Order", "-s", "shop.orders.returns"],
        ["--suite=first_order", "--test", "Order*", "-t", "Return [[]1]"],
        ["--test", "Row 7", "--variable", "suite:nowhere", "--include", "smoke"],
    ],
)
def test_names_that_are_there_select(shop, options):
    made = [Planned("first_order.robot", 2, "Row 7", ())]
    selection.require_named(options, shop, made)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--suite", "first_order", "--suite", "first_ordr"], "There is no suite 'first_ordr': did you mean 'First Order'?"),
        (["-s", "zzz"], "There is no suite 'zzz': there are: First Order, Orders, Returns, Shop."),
        (["--test=Order Is Kep"], "There is no test 'Order Is Kep': did you mean 'Order Is Kept'?"),
        (["-t", "Return [1]"], "The test 'Return [1]' is not selected by its name, which is a pattern: write 'Return [[]1]'."),
    ],
)
def test_a_name_that_is_not_there_is_an_error(shop, options, sentence):
    with pytest.raises(UsageError) as raised:
        selection.require_named(options, shop, [])
    assert str(raised.value) == sentence
