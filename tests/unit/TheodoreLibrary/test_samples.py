"""Several researches judged together."""

import pytest

from theodore_qa.errors import NotEvaluatedError, QaError
from theodore_qa.observing.checks import Checks
from TheodoreLibrary import samples

STRIPE = {"name": "Stripe", "industry": "finance", "founded_year": 2010, "competitors": ["Square", "PayPal"], "phone": None}
PAGE = "<p>Stripe was founded in 2010. It competes with Square and PayPal.</p>"


class Research:
    """What these functions use of a research."""

    def __init__(self, record=None, *, company="Stripe", status="completed", provider=None, page=PAGE, searches=1):
        self.record, self.company, self.status = record, company, status
        self.request = {"config_overrides": {"ai_provider": provider}} if provider else {}
        self.calls = {"web": [{"status": 200, "body": page}], "search": [{"status": 200}] * searches}

    def __str__(self):
        return f"research of {self.company}"


pytestmark = pytest.mark.usefixtures("observed")


def done(judge, *arguments):
    checks = Checks("Sample")
    judge(checks, *arguments)
    checks.conclude()


def test_researches_agree_whatever_the_order_of_a_list():
    done(
        samples.agree, "c", [Research(STRIPE), Research(STRIPE | {"competitors": ["PayPal", "Square"], "description": "x"})], 1.0
    )


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"founded_year": 2011}, "founded_year 2011 in that by gemini"),
        ({"competitors": ["Square"]}, "competitors Square in that by gemini"),
        ({"phone": "1"}, "phone 1 in that by gemini"),
        ({"industry": None}, "industry none in that by gemini"),
    ],
)
def test_one_that_differs_is_named(change, named):
    researches = [Research(STRIPE), Research(STRIPE), Research(STRIPE | change, provider="gemini")]
    with pytest.raises(
        QaError, match=f"expected all of the facts the same in 3 researches, observed 1[14] of 1[25] = .*: {named}"
    ):
        done(samples.agree, "quality.consistency.providers", researches, 1.0)
    done(samples.agree, "quality.consistency.providers", researches, 0.9)


def test_researches_without_facts_agree_on_nothing():
    with pytest.raises(NotEvaluatedError, match="no research has a fact"):
        done(samples.agree, "c", [Research(None), Research({})], 1.0)


def test_accuracy_counts_what_has_no_record():
    truths = {"Stripe": {"expected": {"industry": "finance", "founded_year": 2010}}, "Nobody": {"expected": {}}}
    done(samples.true, [Research(STRIPE)], truths, 1.0)
    with pytest.raises(
        QaError, match="observed 2 of 4 = 50% .*: Stripe: industry none instead of finance; Stripe: founded_year none"
    ):
        done(samples.true, [Research(STRIPE), Research(None)], truths, 0.9)
    with pytest.raises(NotEvaluatedError, match="no true value is known"):
        done(samples.true, [Research(STRIPE, company="Nobody")], truths, 1.0)


def test_a_fact_on_no_page_is_named():
    done(samples.attributed, [Research(STRIPE)], 1.0)
    with pytest.raises(QaError, match="observed 3 of 4 = 75% .*: Stripe: phone '0900 77'"):
        done(samples.attributed, [Research(STRIPE | {"phone": "0900 77"})], 1.0)
    with pytest.raises(NotEvaluatedError, match="no record states a fact"):
        done(samples.attributed, [Research({"name": "Stripe"})], 1.0)


def test_nobody_is_not_found():
    nobody = Research(None, company="Nobody", status="failed")
    done(samples.found_nothing, [nobody] * 9)
    with pytest.raises(QaError, match="quality.false_positives: .* observed 1 of 2 = 50% .*: Stripe: status completed"):
        done(samples.found_nothing, [nobody, Research(STRIPE)])
    with pytest.raises(QaError, match="quality.looked_for: expected at least 1 search for each, observed 1 of 2"):
        done(samples.found_nothing, [nobody, Research(None, status="failed", searches=0)])
    with pytest.raises(NotEvaluatedError, match="no company was researched"):
        done(samples.found_nothing, [])
