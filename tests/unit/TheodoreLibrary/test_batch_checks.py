"""What is wrong with a batch is found and named; a batch that is as it should be has nothing wrong."""

import copy

import pytest

from theodore_qa.errors import QaError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.observations import recorder
from TheodoreLibrary import batch_checks, batches

COMPANIES = [{"name": name, "custom_id": str(number)} for number, name in enumerate(["Slack", "Zoom", "Fake Corp"])]
ROWS = [
    {
        "company_name": "Slack",
        "custom_id": "0",
        "status": "completed",
        "attempts": 1,
        "result": {"name": "Slack", "domain": "slack.com"},
    },
    {
        "company_name": "Zoom",
        "custom_id": "1",
        "status": "completed",
        "attempts": 2,
        "result": {"name": "Zoom", "domain": "zoom.us"},
    },
    {"company_name": "Fake Corp", "custom_id": "2", "status": "failed", "attempts": 1, "error": "unknown", "result": None},
]


class Answer:
    def __init__(self, **state):
        self.state = state

    def object(self):
        return self.state


def batch(*states, companies=COMPANIES):
    answers = [
        Answer(
            error=f"{state[1]} failed" if state[1] else None,
            **dict(zip(("completed", "failed", "pending", "progress_percentage", "status"), state, strict=True)),
        )
        for state in states
    ]
    made = batches.Batch(companies, None, "research", answers[0], None, 0.0, system=None)
    made.answers = answers[1:]
    return made


WHOLE = batch((0, 0, 3, 0.0, "running"), (2, 1, 0, 100.0, "partially_completed"))


def judged(look, *arguments):
    recorder.enter_suite()
    recorder.exchanged()
    try:
        with recorder.calling("batch_keyword", []):
            checks = Checks("x")
            look(checks, *arguments)
            checks.conclude()
    finally:
        recorder.leave_suite()


def changed(number, **fields):
    rows = copy.deepcopy(ROWS)
    rows[number] |= fields
    return rows


def test_a_batch_that_is_as_it_should_be():
    judged(batch_checks.each_once, WHOLE, ROWS)
    judged(batch_checks.undecided, ROWS)
    judged(batch_checks.own_records, ROWS)
    judged(batch_checks.numbers, WHOLE)
    judged(batch_checks.final_status, WHOLE, ROWS)
    judged(batch_checks.attempts, ROWS, 2)
    assert batch_checks.success_rate(WHOLE, ROWS) == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("look", "arguments", "message"),
    [
        (batch_checks.each_once, (WHOLE, ROWS[:2]), "batch.lost: expected an outcome for each company, observed 1 lost of 3: Fake Corp"),
        (batch_checks.each_once, (WHOLE, [*ROWS, ROWS[0]]), "batch.doubled: expected one outcome a company, observed 1 twice of 4: Slack"),
        (batch_checks.each_once, (WHOLE, changed(0, company_name="Acme")), "batch.foreign: expected outcomes of the companies that were sent, observed 1 foreign of 3: Acme"),
        (batch_checks.each_once, (WHOLE, ROWS[::-1]), "batch.order: expected the order in which they were sent, observed position 0 has Fake Corp"),
        (batch_checks.undecided, (changed(1, status="pending"),), "batch.all_decided: expected completed or failed for each company, observed 1 undecided of 3: Zoom"),
        (batch_checks.undecided, (changed(2, error=None),), "batch.reasons: expected a reason for each failure, observed 1 silent of 1: Fake Corp"),
        (batch_checks.own_records, (changed(0, result={"name": "Zoom", "domain": "zoom.us"}),), "batch.own_record: expected a record about each completed company, observed Slack has Zoom"),
        (batch_checks.own_records, ([],), "batch.own_record: expected a record about each completed company, observed 0 of 0 records"),
        (batch_checks.attempts, (changed(1, attempts=5), 4), "batch.attempts: expected from 1 to 4 attempts a company, observed 5 attempts at most, 1 at least"),
        (batch_checks.numbers, (batch((0, 0, 3, 0.0, "running"), (2, 2, 0, 100.0, "failed")),), "batch.numbers: expected completed, failed and pending make 3 in each answer, observed sums 3 → 4"),
        (batch_checks.numbers, (batch((2, 0, 1, 66.7, "running"), (1, 0, 2, 33.3, "running")),), "batch.never_back: expected outcomes that never get fewer, observed 2 → 1"),
        (batch_checks.numbers, (batch((0, 0, 3, 0.0, "running"), (1, 1, 1, 50.0, "running")),), "batch.percentage: expected the share of companies with an outcome, within 1 %, observed 50.0 % for 2 of 3"),
        (batch_checks.final_status, (batch((2, 1, 0, 100.0, "completed")), ROWS), "batch.final_status: expected partially_completed, observed completed"),
        (batch_checks.final_status, (batch((3, 0, 0, 100.0, "partially_completed")), ROWS), "batch.counted: expected completed: 2, failed: 1, pending: 0, observed completed: 3, failed: 0, pending: 0"),
        (batch_checks.final_status, (batch((3, 0, 0, 100.0, "completed")), ROWS), "batch.error: expected a reason, observed"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(look, arguments, message):
    with pytest.raises(QaError) as error:
        judged(look, *arguments)
    assert message in str(error.value)


def test_a_success_rate_is_over_all_that_were_sent():
    assert batch_checks.success_rate(WHOLE, ROWS[:1]) == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("status", "estimate", "observed"),
    [
        ("running", None, ""),
        ("running", "2026-01-02T04:00:00+01:00", ""),
        ("running", "2026-01-02T02:59:59+00:00", "2026-01-02T02:59:59+00:00 at 2026-01-02T03:00:00+00:00, running"),
        ("running", "soon", "soon at 2026-01-02T03:00:00+00:00, running"),
        ("completed", "2026-01-02T04:00:00+00:00", "2026-01-02T04:00:00+00:00 at 2026-01-02T03:00:00+00:00, completed"),
    ],
)
def test_an_estimated_end_lies_ahead(status, estimate, observed):
    moments = dict.fromkeys(("created_at", "started_at", "completed_at", "updated_at"), "2026-01-02T03:00:00+00:00")
    sent = batch((0, 0, 3, 0.0, status))
    sent.accepted.state |= moments | {"estimated_completion": estimate}
    if not observed:
        judged(batch_checks.times, sent)
        return
    expected = "batch.estimate: expected no estimate before updated_at, and none at the end, observed"
    with pytest.raises(QaError) as error:
        judged(batch_checks.times, sent)
    assert f"{expected} {observed}" in str(error.value)


@pytest.mark.parametrize(("done", "pending", "wrong"), [(0, 3, False), (1, 2, True), (3, 0, False)])
def test_an_end_is_estimated_as_soon_as_one_company_has_its_outcome(done, pending, wrong):
    sent = batch((done, 0, pending, 0.0, "running"))
    moments = dict.fromkeys(("created_at", "started_at", "completed_at", "updated_at"), "2026-01-02T03:00:00+00:00")
    sent.accepted.state |= moments | {"estimated_completion": None}
    if not wrong:
        judged(batch_checks.times, sent)
        return
    with pytest.raises(QaError) as error:
        judged(batch_checks.times, sent)
    assert str(error.value) == "batch.estimated: expected an estimate from the first outcome on, observed 1 of 1 without."


BREAD = [{"name": "Bread", "location": "Halifax"}, {"name": "Bread", "industry": "retail"}, {"name": "Slack"}]
FOUND = [
    {"hints": {"location": "Halifax"}, "result": {"domain": "a.example", "headquarters": "Halifax, Nova Scotia"}},
    {"hints": {"industry": "retail"}, "result": {"domain": "b.example", "industry": "retail"}},
    {"hints": None, "result": {"domain": "slack.com"}},
]


def test_companies_of_one_name_are_known_by_their_hints():
    sent = batch((0, 0, 3, 0.0, "running"), companies=BREAD)
    judged(batch_checks.hints_kept, sent, FOUND)
    judged(batch_checks.hints_used, sent, FOUND)
    moved = [FOUND[1] | {"hints": FOUND[0]["hints"]}, FOUND[0] | {"hints": FOUND[1]["hints"]}, FOUND[2]]
    message = "batch.hints_used: expected of companies of one name those of the industry and the location that were sent, "
    with pytest.raises(QaError) as error:
        judged(batch_checks.hints_used, sent, moved)
    assert f"{message}observed Bread of location: Halifax is b.example; Bread of industry: retail is a.example" in str(
        error.value
    )
    with pytest.raises(
        QaError, match="batch.hints_kept: expected the hints that were sent, observed Bread has none; Bread has none"
    ):
        judged(batch_checks.hints_kept, sent, [row | {"hints": None} for row in FOUND])


def test_companies_are_names_or_dictionaries():
    given = batches.as_companies(["Slack", {"name": "Zoom", "custom_id": "z", "colour": "blue"}])
    assert given[1] == {"name": "Zoom", "custom_id": "z"}
    assert given[0]["name"] == "Slack"
    for wrong in ([], "Slack", [{"website": "x"}]):
        with pytest.raises(QaError):
            batches.as_companies(wrong)
