"""Scores of records."""

import pytest

from QualityLibrary import scoring
from theodore_qa.errors import UsageError


def test_completeness_shows_its_arithmetic():
    score = scoring.completeness({"a": 1, "b": "", "c": "unknown", "d": 0}, ["a", "b", "c", "d"], {"a": 2})
    assert score.arithmetic == "3 of 5 = 0.600"


@pytest.mark.parametrize("record", [{}, {"other": 1}])
def test_an_empty_record_scores_zero(record):
    assert scoring.completeness(record, ["a"], {}).value == 0
    assert scoring.accuracy(record, {"a": "x"}, 0, {}).value == 0


def test_a_score_over_nothing_is_an_error():
    with pytest.raises(UsageError):
        scoring.completeness({"a": 1}, [], {})
    with pytest.raises(UsageError):
        scoring.accuracy({"a": 1}, {}, 0, {})


@pytest.mark.parametrize(
    ("value", "true", "right"),
    [("SaaS", "saas", True), (100, 105, False), (["a", "b"], ["B"], True), ("1", 1, False), (True, 1, False), (None, None, True)],
)
def test_accuracy(value, true, right):
    assert scoring.agrees(value, true, 0) is right


def test_numbers_have_a_tolerance():
    assert scoring.agrees(100, 105, 0.05)
