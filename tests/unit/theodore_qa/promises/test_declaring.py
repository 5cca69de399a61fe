"""The files of promises and of what fills them."""

import pytest

from theodore_qa import paths
from theodore_qa.errors import UsageError
from theodore_qa.promises.declaring import filling_of, promises_of, wrong_in
from theodore_qa.systems.files import read_yaml

LEAST = 400


def test_cells_are_the_combinations_of_each_block(written):
    promises, filling = written()
    assert [cell.id for cell in promises.cells] == [
        "orders.private/caller:anonymous/operation:orders",
        "orders.private/caller:anonymous/operation:order",
        "orders.private/caller:colleague/operation:orders",
        "orders.private/caller:colleague/operation:order",
        "orders.private/boundary:name-200",
    ]
    assert filling.unfilled_reason(promises.cells[2]) == "nobody looks"
    assert filling.outside_reason(promises.cells[3]) == "there are no colleagues"


@pytest.mark.parametrize(
    ("promises", "checks", "sentence"),
    [
        (("section 1", "''"), ("", ""), "shop.yaml: The entry promises.0.source is '', expected a section of the contract."),
        (
            ("caller:", "colour:"),
            ("", ""),
            "The entry promises.0.cells.0 is 'colour', expected one of channel, operation, caller",
        ),
        (("orders.private", "Private"), ("", ""), "expected an area and a name, such as login.refuses."),
        (
            ("orders, order]", "orders, odrer]"),
            ("", ""),
            "There is no operation 'odrer' in orders.private of shop.yaml: did you mean 'order'?",
        ),
        (("anonymous, colleague", "anonymous, anonymous"), ("", ""), "The entry promises.0.cells.0.caller is"),
        (
            ("{boundary: name-200}", "{caller: anonymous, operation: order}"),
            ("", ""),
            "The cell orders.private/caller:anonymous/operation:order stands twice in shop.yaml",
        ),
        (("", ""), ("boundary:*", "border:*"), "There is no cell 'orders.private/border:*' in fills of shop.checks.yaml"),
        (
            ("", ""),
            ("suite: shop/access.robot", "suite: access"),
            "expected a suite file below suites/, such as e2e/accounts.robot.",
        ),
        (
            ("", ""),
            ("reason: nobody looks", "because: nobody looks"),
            "There is no entry 'because' in unfilled.0: there are: cells, reason.",
        ),
        (("", ""), ("caller:colleague/operation:orders", "boundary:name-200"), "is filled and has a reason why it is not"),
    ],
)
def test_a_mistake_is_a_sentence(written, promises, checks, sentence):
    with pytest.raises(UsageError) as caught:
        written(promises, checks)
    assert sentence in str(caught.value)


@pytest.mark.parametrize("system", ["theodore", "promptcraft"])
def test_the_promises_are_many_and_each_has_its_source(system):
    folder = paths.shipped("promises")
    promises = promises_of(folder / f"{system}.yaml")
    filling = filling_of(folder / f"{system}.checks.yaml", promises)
    assert len([cell for cell in promises.cells if not filling.outside_reason(cell)]) >= LEAST
    assert all(promise.source for promise in promises.promises)


@pytest.mark.parametrize("kind", ["promises", "checks"])
def test_the_shipped_files_keep_to_their_schema(kind):
    files = [path for path in paths.shipped("promises").glob("*.yaml") if path.match("*.checks.yaml") == (kind == "checks")]
    assert len(files) > 1
    assert {path.name: wrong_in(read_yaml(path), kind) for path in files} == {path.name: [] for path in files}
    assert wrong_in(read_yaml(files[0]) | {"more": 1}, kind)
