"""What a workflow says of itself, compared with what was requested."""

import datetime as dt
import json
from types import SimpleNamespace

import pytest

from PromptCraftLibrary.workflows import step_checks
from PromptCraftLibrary.workflows.runs import Workflow
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.observations import Verdict
from theodore_qa.systems.exchange import Exchange

BEGAN = dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)


def moment(seconds):
    return (BEGAN + dt.timedelta(seconds=seconds)).isoformat()


def state(**changes):
    step = {
        "id": "collect",
        "action": "do collect",
        "status": "completed",
        "started_at": moment(1),
        "finished_at": moment(2),
        "error": None,
    }
    whole = {
        "workflow_id": "wf_1",
        "name": "QA",
        "status": "completed",
        "current_step": "collect",
        "steps": [step],
        "approvals": [],
    }
    whole |= {"error": None, "created_at": moment(0), "completed_at": moment(3), "total_cost": 0.01}
    step |= changes.pop("step", {})
    return whole | changes


def failures(reported):
    requested = {"name": "QA", "steps": [{"id": "collect", "action": "do collect", "agent_id": "a_b"}]}
    body = json.dumps({"data": {"workflow_id": "wf_1"}})
    accepted = Exchange("POST", "/", 202, {}, body, BEGAN, 0.1, sent_body=json.dumps(requested).encode())
    answer = Exchange("GET", "/", 200, {}, json.dumps({"data": reported}), BEGAN + dt.timedelta(seconds=4), 0.1)
    system = SimpleNamespace(environment=SimpleNamespace(clock_tolerance=0.5))
    workflow = Workflow(accepted, ("collect",), "admin", 0, 0.0, system, [answer])
    checks = Checks("Record")
    step_checks.record(checks, workflow)
    return [check.check for check in checks.done if check.verdict is Verdict.FAIL]


def test_a_record_that_says_what_was_requested_passes():
    assert failures(state()) == []


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"name": "Qa"}, "record_name"),
        ({"step": {"action": "do nothing"}}, "record_action"),
        ({"step": {"finished_at": None}}, "record_steps"),
        ({"step": {"error": "no reason"}}, "record_steps"),
        ({"step": {"started_at": moment(2), "finished_at": moment(1)}}, "record_steps"),
        ({"step": {"status": "pending", "started_at": None, "finished_at": None}}, "record_left"),
        ({"completed_at": None}, "record_moments"),
        ({"completed_at": moment(1)}, "record_moments"),
        ({"completed_at": moment(60)}, "record_moments"),
        ({"created_at": moment(-60)}, "record_moments"),
        ({"error": "something"}, "record_error"),
        ({"status": "failed"}, "record_error"),
        ({"approvals": [{"step": "collect"}]}, "record_decisions"),
    ],
)
def test_each_mistake_in_a_record_is_seen(changes, check):
    assert f"workflows.{check}" in failures(state(**changes))


def test_an_empty_record_does_not_pass():
    assert len(failures({})) > 3
