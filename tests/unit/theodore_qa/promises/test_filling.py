"""Cells are filled by observations, and by nothing else."""

import json

import pytest
from recorded import observation

from theodore_qa.errors import UsageError
from theodore_qa.promises.filling import fill, observed_in

ORDERS = "orders.private/caller:anonymous/operation:orders"


def cells(written, *observations):
    """Each cell with its verdict."""
    return {filled.cell.id: filled for filled in fill(*written(), list(observations))}


def test_an_observation_with_the_facts_fills_its_cell_alone(written):
    found = cells(written, observation())
    assert [name for name, filled in found.items() if filled.filled] == [ORDERS]
    assert (found[ORDERS].verdict, found[ORDERS].rests_on) == ("PASS", "access.robot > No Orders: api.status")


@pytest.mark.parametrize(
    "request_sent",
    ["GET /orders", "GET /api/v2/orders?limit=2"],
)
def test_an_operation_is_known_by_its_request(written, request_sent):
    assert cells(written, observation(subject=request_sent))[ORDERS].filled


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"precondition": True}, "counts as a precondition"),
        (
            {"verdict": "NOT EVALUATED", "observed": "no answer"},
            "The check api.status of No Orders was not evaluated: no answer.",
        ),
        ({"check": "api.field.status"}, "The test 'No orders' of shop/access.robot ran and did not make the check api.status."),
        ({"subject": "GET /api/v2/orders/7"}, "ran and did not make the check api.status."),
        ({"subject": "POST /api/v2/orders"}, "ran and did not make the check api.status."),
        ({"name": "No Order"}, "The test 'No orders' of shop/access.robot did not run."),
        ({"source": "other.robot"}, "The test 'No orders' of shop/access.robot did not run."),
        ({"source": ""}, "The test 'No orders' of shop/access.robot did not run."),
    ],
)
def test_whatever_else_fills_nothing(written, facts, reason):
    found = cells(written, observation(**facts))[ORDERS]
    assert not found.filled
    assert found.verdict == "NOT EVALUATED"
    assert reason in found.reason


def test_a_failure_is_an_observation_and_goes_before_a_pass(written):
    assert cells(written, observation(), observation(verdict="FAIL"))[ORDERS].verdict == "FAIL"


def test_an_earlier_try_of_a_poll_is_no_failure(written):
    tries = [observation(verdict="FAIL", stands="FAIL", call="c"), observation(stands="PASS", call="c")]
    assert cells(written, *tries)[ORDERS].verdict == "PASS"
    together = [observation(verdict="FAIL", stands="FAIL", call="c"), observation(stands="FAIL", call="c")]
    assert cells(written, *together)[ORDERS].verdict == "FAIL"


def test_the_file_gives_reasons(written):
    found = cells(written)
    assert found["orders.private/caller:colleague/operation:orders"].reason == "nobody looks"
    outside = found["orders.private/caller:colleague/operation:order"]
    assert (outside.verdict, outside.reason) == ("OUTSIDE", "there are no colleagues")


def test_the_latest_run_that_observed_something_is_read(tmp_path):
    for run, name in (("20260101T000000-a", "old"), ("20260102T000000-b", "new"), ("20260103T000000-c", None)):
        folder = tmp_path / "evidence" / run
        folder.mkdir(parents=True)
        if name:
            (folder / "1-1.jsonl").write_text(json.dumps({"type": "observation", "run": run} | observation(name=name)) + "\n")
    run, observations = observed_in(tmp_path)
    assert (run, [record["name"] for record in observations]) == ("20260102T000000-b", ["new"])
    with pytest.raises(UsageError, match="There is no results folder"):
        observed_in(tmp_path / "nowhere")
