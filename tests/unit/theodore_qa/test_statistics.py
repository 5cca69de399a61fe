"""Shares and how many observations prove them."""

import pytest
from scipy.stats import beta

from theodore_qa.statistics import needed, Share


@pytest.mark.parametrize(
    ("share", "errors", "count"), [(0.95, 0, 59), (0.95, 1, 93), (0.999, 0, 2995), (0.8, 0, 14), (0.9, 0, 29)]
)
def test_so_many_prove_a_share(share, errors, count):
    assert needed(share, errors) == count
    assert Share(count - errors, count).lower_bound >= share
    assert Share(count - 1 - errors, count - 1).lower_bound < share


@pytest.mark.parametrize(("hits", "tried"), [(1, 1), (1, 2), (9, 10), (10, 10), (57, 200), (2993, 3000)])
def test_the_bounds_are_those_of_clopper_and_pearson(hits, tried):
    assert Share(hits, tried).lower_bound == pytest.approx(beta.ppf(0.05, hits, tried - hits + 1), abs=1e-9)
    upper = 1.0 if hits == tried else beta.ppf(0.95, hits + 1, tried - hits)
    assert Share(hits, tried).upper_bound == pytest.approx(upper, abs=1e-9)


def test_nothing_tried_proves_nothing():
    assert (Share(0, 0).lower_bound, Share(0, 0).upper_bound) == (0.0, 1.0)
