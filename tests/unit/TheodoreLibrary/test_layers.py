"""How many of our own functions stand between a keyword and its first request."""

import sys
from pathlib import Path

import httpx
import pytest
from serving import serving
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from theodore_qa.context import context
from theodore_qa.systems import environment
from TheodoreLibrary import TheodoreLibrary

OURS = str(Path(environment.__file__).parent.parent.parent)
MOST_CALLS = 30
IDENTITY = {"username": "ann", "password_env": "ANN_PASSWORD"}
ROUTES = [
    Route("/api/v2/auth/login", lambda _: JSONResponse({"access_token": "token-of-ann-123"}), methods=["POST"]),
    Route("/calls", lambda _: JSONResponse({"calls": [], "last": 0})),
]


class RequestSentError(Exception):
    """The first request is on its way."""


@pytest.fixture(params=["without links", "with links"])
def library(request, tmp_path, monkeypatch):
    """A library whose only system has been used before: signatures are read, the identity is signed in, connections are open."""
    monkeypatch.setenv("ANN_PASSWORD", "correct-horse-1")
    with serving(Starlette(routes=ROUTES)) as url:
        links = {"web": {"calls": f"{url}/calls"}} if request.param == "with links" else {}
        system = {"extends": "theodore.system.yaml", "url": url, "identities": {"ann": IDENTITY}, "links": links}
        data = {"name": "t", "kind": "test", "systems": {"theodore": system}}
        monkeypatch.setattr(context, "_environment", environment.from_mapping(data, tmp_path / "t.yaml"))
        library = TheodoreLibrary()
        library.get_keyword_arguments("research_company")  # as Robot does when it imports a library
        with pytest.raises(Exception, match="was not accepted"):
            library.run_keyword("research_company", ["Acme"])
        yield library
        context.environment.system("theodore").close()


def test_a_keyword_reaches_its_first_request_through_few_functions(library, monkeypatch):
    calls = []

    def count(frame, event, _):
        ours = frame.f_code.co_filename.startswith(OURS)
        if event == "call" and ours and not frame.f_code.co_name.startswith("<"):  # comprehensions are no functions
            calls.append(f"{Path(frame.f_code.co_filename).name}:{frame.f_code.co_qualname}")

    def send(*_, **__):
        sys.setprofile(None)
        raise RequestSentError

    monkeypatch.setattr(httpx.Client, "send", send)
    sys.setprofile(count)
    try:
        with pytest.raises(RequestSentError):
            library.run_keyword("research_company", ["Acme"])
    finally:
        sys.setprofile(None)
    assert len(calls) <= MOST_CALLS, "\n".join(calls)
