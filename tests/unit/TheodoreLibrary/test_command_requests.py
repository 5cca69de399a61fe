"""The requests of a command line: seen on their way to the system, and held to what is expected."""

from types import SimpleNamespace

import httpx
import pytest
from serving import serving
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from theodore_qa.errors import NotEvaluatedError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.observations import recorder
from theodore_qa.redaction.secrets import secrets
from TheodoreLibrary import command_requests
from TheodoreLibrary.command_requests import Sent

FIND = ("POST", "/api/discover")


@pytest.fixture(autouse=True)
def an_exchange():
    recorder.enter_suite()
    recorder.exchanged()
    with recorder.calling("command_should_have_sent", []):
        yield
    recorder.leave_suite()


def failed(sent, **values):
    """The checks that failed, with what was observed."""
    checks = Checks("Request", "call")
    command_requests.held(checks, sent, "POST /discover", FIND, values)
    return [(seen.check, seen.observed) for seen in checks.done if seen.verdict == "FAIL"]


def sent(status=200, **values):
    return Sent(*FIND, values, status)


def test_requests_reach_the_system_and_are_remembered():
    routes = [Route("/api/discover", lambda _: JSONResponse({"job_id": "dis_1"}, 201), methods=["POST"])]
    with serving(Starlette(routes=routes)) as url, command_requests.Watch(SimpleNamespace(name="shop", url=url)) as watch:
        answer = httpx.post(f"{watch.url}/api/discover?limit=3&q=", json={"name": "Söhne", "filters": {"of": ["x"]}})
        absent = httpx.get(f"{watch.url}/absent")
    assert (answer.status_code, answer.json(), absent.status_code) == (201, {"job_id": "dis_1"}, 404)
    values = {"limit": "3", "q": "", "name": "Söhne", "filters": {"of": ["x"]}}
    assert watch.sent == [Sent(*FIND, values, 201), Sent("GET", "/absent", {}, 404)]


def test_secrets_are_not_remembered():
    secrets.add("correct-horse-9", "password of ann")
    with command_requests.Watch(SimpleNamespace(name="shop", url="http://127.0.0.1:1")) as watch:
        httpx.post(f"{watch.url}/login", json={"username": "ann", "password": "correct-horse-9"})
    assert watch.sent[0].values["username"] == "ann"
    assert "correct-horse-9" not in repr(watch.sent)


def test_a_system_that_is_gone_is_no_answer():
    with command_requests.Watch(SimpleNamespace(name="shop", url="http://127.0.0.1:1")) as watch:
        assert httpx.get(f"{watch.url}/api").status_code == 502
    assert failed(watch.sent, limit=3) == [("cli.requested", "none; sent: GET /api")]


def test_requests_on_tls_are_not_seen():
    with pytest.raises(NotEvaluatedError, match="requests of a command are seen on http alone, and shop is at https://shop.test"):
        command_requests.Watch(SimpleNamespace(name="shop", url="https://shop.test"))


def test_what_was_sent_is_held():
    request = sent(limit=3, share=0.5, filters={"industry": ["finance"]}, deep=True)
    expected = {"limit": 3, "share": 0.5, "filters.industry": ["finance"], "deep": True, "website": None}
    assert failed([sent(limit=9), request], **expected) == []


@pytest.mark.parametrize(
    ("expected", "observed"),
    [
        ({"limit": 4}, "limit 3"),
        ({"limit": True}, "limit 3"),
        ({"limit": "3"}, "limit 3"),
        ({"limits": 3}, "limits none"),
        ({"filters.industry": ["finance", "media"]}, "filters.industry finance"),
        ({"filters.industry.7": "finance"}, "filters.industry.7 none"),
    ],
)
def test_what_was_not_sent_is_named(expected, observed):
    assert failed([sent(limit=3, filters={"industry": ["finance"]})], **expected) == [("cli.sent", observed)]


def test_a_request_that_was_refused_is_no_effect():
    assert failed([sent(422, limit=3)], limit=3) == [("cli.accepted", "status 422")]


def test_nothing_sent_is_said():
    assert failed([], limit=3) == [("cli.requested", "none; sent: nothing")]
