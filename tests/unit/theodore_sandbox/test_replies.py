"""Replies of the sandbox: one envelope and all headers, whatever happens inside."""

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from theodore_sandbox.theodore.api.errors import ReplyHeaders, SECURITY_HEADERS
from theodore_sandbox.theodore.api.traffic import Traffic


def fails(_):
    raise RuntimeError("a secret of the inside")


def breaks_off(_):
    def parts():
        yield b"one"
        raise RuntimeError("half-way")

    return StreamingResponse(parts())


@pytest.fixture
def client():
    routes = [Route("/fails", fails), Route("/breaks-off", breaks_off)]
    app = Starlette(routes=routes, middleware=[Middleware(ReplyHeaders, traffic=Traffic())])
    return TestClient(app, base_url="http://127.0.0.1")


def test_a_failure_has_the_envelope_and_all_headers(client):
    answer = client.get("/fails")
    assert answer.status_code == 500
    assert {name: answer.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
    assert answer.json()["error"] == "INTERNAL_SERVER_ERROR"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert "secret" not in answer.text


def test_an_answer_that_has_begun_is_not_begun_again(client):
    with pytest.raises(RuntimeError, match="half-way"):
        client.get("/breaks-off")
