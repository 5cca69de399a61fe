"""Precision, recall and their intervals."""

import pytest
from scipy.stats import binomtest

from QualityLibrary import retrieval
from theodore_qa.statistics import Share


@pytest.mark.parametrize(("hits", "tried"), [(0, 10), (1, 2), (9, 10), (45, 50), (50, 50)])
def test_the_interval_is_wilsons(hits, tried):
    reference = binomtest(hits, tried).proportion_ci(0.95, method="wilson")
    assert Share(hits, tried).interval == pytest.approx((reference.low, reference.high), abs=1e-6)


def test_nothing_tried_says_nothing():
    assert Share(0, 0).interval == (0.0, 1.0)


def test_precision_counts_places_and_recall_counts_names():
    found, relevant = ["a", "x", "b", "c"], {"a", "b", "c", "d"}
    assert str(retrieval.precision_at(3, found, relevant)).startswith("2 of 3 = 67%")
    assert str(retrieval.recall(found, relevant)).startswith("3 of 4 = 75%")
    assert retrieval.precision_at(5, ["a"], {"a"}).value == 1.0
    assert str(retrieval.pooled([Share(1, 2), Share(2, 2)])).startswith("3 of 4")
