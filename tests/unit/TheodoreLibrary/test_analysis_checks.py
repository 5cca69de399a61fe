"""Checks of the analyses of a research, with synthetic answers."""

from types import SimpleNamespace

import pytest

from theodore_qa.observing.checks import Checks
from theodore_qa.observing.observations import recorder
from TheodoreLibrary import analysis_checks


@pytest.fixture(autouse=True)
def an_exchange():
    recorder.enter_suite()
    recorder.exchanged()
    with recorder.calling("similarity_analysis_should_be_sound", []):
        yield
    recorder.leave_suite()


KNOWN = {"square.com": 0.9, "adyen.com": 0.8, "sap.com": 0.2}
NAMES = {"square": "square.com", "adyen": "adyen.com", "sap": "sap.com"}
RECORD = {"competitors": ["Square", "PayPal"], "competitive_advantages": ["fast"], "market_position": None}
COMPETITIVE = {
    "competitors": [
        {"name": "Square", "domain": "square.com", "similarity_score": 0.9},
        {"name": "PayPal", "domain": None, "similarity_score": None},
    ],
    "competitive_advantages": ["fast"],
    "market_position": None,
}


def result(name, score):
    return {
        "company": {
            "name": name,
            "domain": f"{name.lower()}.com",
            "website": f"https://{name.lower()}.com",
            "industry": "finance",
        },
        "similarity_score": score,
        "similarity_explanation": f"{name} resembles Stripe (both finance)",
        "similarity_factors": {"content": score},
        "match_reasons": ["industry: both finance"],
    }


SIMILAR = [result("Square", 0.9), result("Adyen", 0.8)]


def verdicts(check, request=None, **state):
    research = SimpleNamespace(
        company="Stripe", status="completed", record=state.pop("record", RECORD), state=state, request=request or {}
    )
    checks = Checks("Analysis", "Stripe")
    check(checks, research)
    return {observation.check: observation.verdict for observation in checks.done if observation.verdict != "PASS"}


def similar(found, at_least=1, known=KNOWN):
    return verdicts(
        lambda checks, research: analysis_checks.similar(checks, research, known, at_least), similarity_analysis=found
    )


def competitive(record=RECORD, names=NAMES, **changes):
    return verdicts(
        lambda checks, research: analysis_checks.competitive(checks, research, KNOWN, names),
        record=record, competitive_analysis=COMPETITIVE | changes,
    )  # fmt: skip


def test_a_sound_analysis_passes():
    assert similar(SIMILAR) == {}
    assert competitive() == {}


@pytest.mark.parametrize(
    ("found", "check"),
    [
        (None, "analysis.similar"),
        ({}, "analysis.similar"),
        ([], "analysis.similar"),
        (SIMILAR[:1], "analysis.as_discovered"),
        ([*SIMILAR, result("Mollie", 0.7)], "analysis.as_discovered"),
        ([result("Square", 0.85), SIMILAR[1]], "analysis.as_discovered"),
        (SIMILAR[::-1], "discovery.order"),
        ([*SIMILAR, result("Sap", 0.2)], "discovery.threshold"),
    ],
)
def test_an_unsound_similarity_analysis_fails(found, check):
    assert similar(found)[check] == "FAIL"


def test_ties_at_the_limit_may_be_any_of_them():
    known = {f"rival{number}.com": 0.7 for number in range(12)}
    found = [result(f"Rival{number}", 0.7) for number in range(2, 12)]
    assert similar(found, known=known) == {}


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"competitors": COMPETITIVE["competitors"][:1]}, "analysis.competitors"),
        ({"competitors": COMPETITIVE["competitors"][::-1]}, "analysis.competitors"),
        ({"competitors": []}, "analysis.competitors"),
        ({"competitors": [row | {"domain": None, "similarity_score": None} for row in COMPETITIVE["competitors"]]}, "analysis.competitor_scores"),
        ({"competitors": [row | {"similarity_score": 0.9} for row in COMPETITIVE["competitors"]]}, "analysis.competitor_scores"),
        ({"competitive_advantages": []}, "analysis.competitive_advantages"),
        ({"market_position": "leader"}, "analysis.market_position"),
    ],
)  # fmt: skip
def test_an_unsound_competitive_analysis_fails(changes, check):
    assert competitive(**changes)[check] == "FAIL"


def test_scores_are_not_evaluated_where_no_competitor_was_researched():
    rows = [row | {"domain": None, "similarity_score": None} for row in COMPETITIVE["competitors"]]
    assert competitive(names={}, competitors=rows) == {"analysis.competitor_scores": "NOT EVALUATED"}


def test_a_record_without_competitors_does_not_pass():
    found = competitive(record=RECORD | {"competitors": []}, competitors=[])
    assert found == {"analysis.competitors": "FAIL", "analysis.competitor_scores": "NOT EVALUATED"}


def test_an_analysis_that_was_not_requested_fails():
    assert verdicts(analysis_checks.absent) == {}
    assert verdicts(analysis_checks.absent, similarity_analysis=[]) == {"analysis.similarity_analysis_not_requested": "FAIL"}
    request = {"include_similarity_analysis": True}
    assert verdicts(analysis_checks.absent, request, similarity_analysis=SIMILAR) == {}
