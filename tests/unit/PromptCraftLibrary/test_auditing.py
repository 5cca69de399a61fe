"""Events of the audit trail, compared with the requests that they are about."""

import copy
import datetime as dt
from types import SimpleNamespace

import pytest

from PromptCraftLibrary import auditing
from PromptCraftLibrary.auditing import Attempt
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.observations import Verdict
from theodore_qa.systems import pointers
from theodore_qa.systems.exchange import Exchange

SENT = dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)
WORDS = {
    "audit.request": "context.request_id",
    "audit.request_header": "X-Request-ID",
    "audit.kinds": {
        "statuses": {401: "authentication", 403: "authorization"},
        "paths": {"/auth/": "authentication"},
        "methods": {"GET": "data_access"},
    },
    "audit.categories": {"authentication": "security", "authorization": "security"},
    "audit.other_category": "operational",
    "audit.sensitive": ["/api/v4/admin/users"],
    "audit.about": {"workflow_id": "^/api/v4/workflows/([^/]+)"},
}
REALM = SimpleNamespace(
    words=SimpleNamespace(needed=WORDS.__getitem__, get=lambda name, default=None: WORDS.get(name, default)),
    system=SimpleNamespace(environment=SimpleNamespace(clock_tolerance=1.0)),
)
HEADERS = {"User-Agent": "qa", "X-Forwarded-For": "203.0.113.7"}
SESSION = {"session_id": "s1", "user": {"user_id": "u1", "organization": "t1"}}
EVENT = {
    "event_id": "e1",
    "timestamp": SENT.isoformat(),
    "user_id": "u1",
    "organization_id": "t1",
    "session_id": "s1",
    "event_type": "data_access",
    "event_category": "operational",
    "severity": "info",
    "source": {"ip_address": "127.0.0.1"},
    "action": {"method": "GET", "endpoint": "/api/v4/admin/users/{user_id}", "resource_id": "u2"},
    "context": {"request_id": "r1", "user_agent": "qa", "correlation_id": "c1"},
    "outcome": {"status": "success", "status_code": 200, "response_time_ms": 3.0},
    "data": {"request_size_bytes": 0, "response_size_bytes": 2, "sensitive_data_accessed": True},
}


def failures(*events, status=200):
    answer = Exchange(
        "GET", "/api/v4/admin/users/u2", status, {"x-request-id": "r1"}, "{}", SENT, 0.1, sent_headers=HEADERS
    )
    checks = Checks("Audited")
    auditing.compare(checks, REALM, [Attempt(answer, SESSION, "c1")], list(events))
    return [check.check.removeprefix("audit.") for check in checks.done if check.verdict is Verdict.FAIL]


def test_an_event_that_fits_its_request_passes():
    assert failures(EVENT) == []


def test_no_event_and_two_events_are_wrong():
    assert failures() == ["event"]
    assert failures(EVENT, EVENT) == ["event"]


@pytest.mark.parametrize(
    ("place", "value", "check"),
    [
        ("user_id", "u2", "says_user"),
        ("organization_id", "t2", "says_tenant"),
        ("session_id", "", "says_session"),
        ("event_type", "execution", "says_kind"),
        ("event_category", "security", "says_category"),
        ("severity", "warning", "says_severity"),
        ("source.ip_address", "203.0.113.7", "says_address"),
        ("source.ip_address", "", "says_address"),
        ("context.workflow_id", "w1", "says_workflow_id"),
        ("timestamp", (SENT + dt.timedelta(hours=1)).isoformat(), "says_moment"),
        ("timestamp", None, "says_moment"),
        ("action.method", "POST", "says_method"),
        ("action.endpoint", "/api/v4/admin/users", "says_endpoint"),
        ("action.resource_id", "u1", "says_endpoint"),
        ("context.user_agent", "", "says_agent"),
        ("context.correlation_id", "c2", "says_correlation"),
        ("outcome.status", "failure", "says_status"),
        ("outcome.status_code", 201, "says_status_code"),
        ("outcome.error_message", "none", "says_error"),
        ("outcome.response_time_ms", 60000.0, "says_duration"),
        ("data.request_size_bytes", 1, "says_request_size"),
        ("data.response_size_bytes", 0, "says_answer_size"),
        ("data.sensitive_data_accessed", False, "says_sensitive"),
    ],
)
def test_each_wrong_fact_of_an_event_is_seen(place, value, check):
    assert failures(pointers.put(copy.deepcopy(EVENT), place, value)) == [check]


def test_a_refusal_needs_another_event():
    assert {"says_kind", "says_category", "says_severity", "says_status", "says_status_code", "says_error"} <= set(
        failures(EVENT, status=403)
    )
