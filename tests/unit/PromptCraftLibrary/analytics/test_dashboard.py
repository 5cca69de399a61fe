"""Figures as a page shows them, compared with values."""

import pytest

from PromptCraftLibrary.analytics import dashboard
from theodore_qa.errors import QaError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.observations import Verdict

EXPECTED = {("summary", "", "total"): 12, ("summary", "", "mean"): 1234.56784, ("agents", "a1", "mean"): 2.5}


def figure(part, row, name, text):
    return {"part": part, "row": row, "name": name, "text": text}


RIGHT = [figure("summary", "", "total", "12"), figure("summary", "", "mean", "1,234.57"), figure("agents", "a1", "mean", "2.50")]


def judged(figures, rounding=None):
    checks = Checks("Dashboard")
    dashboard.compare(checks, figures, EXPECTED, rounding or {})
    return {check.check: check.observed for check in checks.done if check.verdict is Verdict.FAIL}


def test_a_page_that_shows_each_figure_passes():
    assert judged(RIGHT) == {}


@pytest.mark.parametrize(
    ("figures", "observed"),
    [
        (RIGHT[1:], {"dashboard.summary": "total missing"}),
        ([*RIGHT, RIGHT[0]], {"dashboard.summary": "total shown 2 times"}),
        ([*RIGHT, figure("agents", "a2", "mean", "1")], {"dashboard.agents": "mean of a2 is no figure of these executions"}),
        ([figure("summary", "", "total", "13"), *RIGHT[1:]], {"dashboard.summary": "total: 13 for 12"}),
        ([RIGHT[0], figure("summary", "", "mean", "1,234.58"), RIGHT[2]], {"dashboard.summary": "mean: 1,234.58 for 1234.56784"}),
        ([RIGHT[0], figure("summary", "", "mean", "1235"), RIGHT[2]], {"dashboard.summary": "mean: 1235 for 1234.56784"}),
        ([RIGHT[0], figure("summary", "", "mean", "NaN"), RIGHT[2]], {"dashboard.summary": "mean: NaN for 1234.56784"}),
        ([], {"dashboard.summary": "total missing; mean missing", "dashboard.agents": "mean of a1 missing"}),
    ],
    ids=["missing", "twice", "foreign", "another count", "last digit", "without decimals", "no number", "empty page"],
)
def test_a_page_that_shows_another_fails(figures, observed):
    assert judged(figures) == observed


@pytest.mark.parametrize(
    ("text", "value", "holds"),
    [
        ("0.9000", 0.9, True),
        ("0.9", 0.94, True),
        ("0.9", 0.96, False),
        ("-3", -3, True),
        ("1,2", 12, False),
        ("12 ms", 12, False),
        ("", 0, False),
        ("1e3", 1000, False),
        ("1000000", 1_000_000, True),
        ("1,000,000", 1_000_000, True),
    ],
)
def test_a_number_leaves_out_digits_and_no_more(text, value, holds):
    assert dashboard.equals(text, value, 0.0) is holds


def test_what_is_rounded_already_may_deviate_by_that():
    assert dashboard.equals("2.50", 2.507, 0.005)
    assert not dashboard.equals("2.50", 2.52, 0.005)


def test_places_of_rows_and_of_single_figures():
    recomputed = {"summary": {"total": 3}, "trends": {"2026-01-01": {"count": 2}}}
    assert dashboard.places(recomputed) == {("summary", "", "total"): 3, ("trends", "2026-01-01", "count"): 2}


def test_a_browser_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setattr(dashboard.shutil, "which", lambda _: None)
    with pytest.raises(QaError, match="apt-get install chromium"), dashboard.opened(None):
        pass
