"""Comparisons that could not fail are refused."""

import pytest
from assertionengine import AssertionOperator

from theodore_qa.errors import QaError, UsageError
from theodore_qa.observing.assertions import asserted


@pytest.mark.parametrize(("op", "expected"), [("<=", 599), ("<", 600), (">=", 100), (">", 0), ("!=", 0)])
def test_a_bound_that_every_status_keeps(op, expected):
    with pytest.raises(UsageError, match="holds for every value, so that it could not fail"):
        asserted("api.status", 200, AssertionOperator[op], expected, None, possible=(100, 299, 404, 599))


@pytest.mark.parametrize(("op", "expected"), [("<", 500), ("<=", 404), ("==", 200), ("!=", 404)])
def test_a_bound_that_some_statuses_break(op, expected):
    assert asserted("api.status", 200, AssertionOperator[op], expected, None, possible=(100, 299, 404, 599)) == 200


@pytest.mark.parametrize(("op", "expected"), [("contains", ""), ("starts", ""), ("ends", ""), ("*=", "")])
def test_a_part_that_every_text_has(op, expected):
    with pytest.raises(UsageError, match="holds for every value"):
        asserted("api.field.name", "pen", AssertionOperator[op], expected, None)


def test_a_part_that_some_texts_have():
    assert asserted("api.field.name", "pen", AssertionOperator["starts"], "p", None) == "pen"
    with pytest.raises(QaError):
        asserted("api.field.name", "pen", AssertionOperator["starts"], "q", None)
