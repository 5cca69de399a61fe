"""The matrix as text, data and page."""

import pytest
from recorded import observation

from theodore_qa.promises.filling import fill
from theodore_qa.promises.matrix import Matrix


@pytest.fixture
def matrix(written):
    promises, filling = written(("Orders are their owner's.", "Orders <b>are</b> private."))
    seen = [observation(), observation(name="Name 200", check="api.refused", verdict="FAIL")]
    return Matrix(promises, fill(promises, filling, seen), ["r1"])


def test_totals_count_what_applies(matrix):
    assert matrix.share == 50.0
    assert matrix.total() == (
        "Promises: 2 of 4 applicable cells filled, 50.0 % (1 PASS, 1 FAIL; 2 NOT EVALUATED, 1 outside) of 1 promise"
    )


def test_the_text_names_what_is_not_filled_and_why(matrix):
    lines = matrix.text().splitlines()
    assert lines[1].split() == ["orders.private", "-", "1/3", "1/3", "-", "1/1", *"------"]
    assert "NOT EVALUATED: 1 cell: nobody looks" in lines
    assert "    orders.private/caller:colleague/operation:orders" in lines
    assert "OUTSIDE: 1 cell: there are no colleagues" in lines
    assert "OUTSIDE: channel command-line: it comes later" in lines


def test_the_data_has_every_cell(matrix):
    data = matrix.data()
    assert (data["cells"], data["applicable"], data["filled"], data["share_percent"]) == (5, 4, 2, 50.0)
    (promise,) = data["matrix"]
    assert promise["cells"][0] == {
        "cell": "orders.private/caller:anonymous/operation:orders",
        "dimensions": {"caller": "anonymous", "operation": "orders"},
        "verdict": "PASS",
        "reason": "",
        "rests_on": "access.robot > No Orders: api.status",
    }


def test_the_page_is_escaped_and_speaks_without_colour(matrix):
    page = matrix.page()
    assert "Orders &lt;b&gt;are&lt;/b&gt; private." in page
    assert "<b>are" not in page
    for words in ("✔ PASS", "✘ FAIL", "NOT EVALUATED", "outside", "operation: orders"):
        assert words in page
