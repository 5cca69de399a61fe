"""Discoveries of a batch are of the company that industry and location mean; a paused batch estimates no end."""

from theodore_qa.observing.checks import Checks
from TheodoreLibrary import batch_checks

RESEARCHED = [{"result": {"name": "Harbour Bread Company", "domain": "harbourbread.example"}}]


def outcome(domain, about):
    match = {"company": {"domain": domain}, "similarity_explanation": f"It resembles {about} (80%)."}
    return [{"company_name": "Bread", "hints": {"location": "Halifax"}, "result": {"results": [match]}}]


def failed(look, *arguments):
    checks = Checks("Hints", "batch_1")
    look(checks, *arguments)
    return [f"{seen.check}: {seen.observed}" for seen in checks.done if seen.verdict == "FAIL"]


def test_a_discovery_of_the_company_that_the_hints_mean():
    rows = outcome("oldmill.example", "Harbour Bread Company")
    assert not failed(batch_checks.hints_of_discoveries, rows, RESEARCHED)


def test_a_discovery_of_a_namesake():
    rows = outcome("harbourbread.example", "Old Mill Bakery")
    assert failed(batch_checks.hints_of_discoveries, rows, RESEARCHED) == [
        "batch.hints_in_discoveries: Bread of location: Halifax, Harbour Bread Company, has harbourbread.example"
    ]
    rows[0]["result"] = None
    assert failed(batch_checks.hints_of_discoveries, rows, RESEARCHED)


def test_a_paused_batch_that_estimates_its_end():
    moment = "2026-12-01T10:00:00+00:00"
    states = [{"status": "paused", "estimated_completion": end, "updated_at": moment} for end in (None, moment)]
    assert not failed(batch_checks._estimated, states[:1])
    assert failed(batch_checks._estimated, states) == [f"batch.estimate_paused: {moment}"]
