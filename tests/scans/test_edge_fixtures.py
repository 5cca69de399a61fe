"""What stands beside the operations: pages of missing paths, earlier versions, tokens that have grown old, names that say secret."""

import html
import time

import accounts
import pytest
import services
from starlette.responses import HTMLResponse, JSONResponse

from SecurityLibrary.probes.claims import ExpiredToken
from SecurityLibrary.probes.shown_properties import ExcessiveData

ANN = {"ann": {"username": "ann@shop.test", "password_env": "PASSWORD_ANN"}}


@pytest.fixture(autouse=True)
def _passwords(monkeypatch):
    monkeypatch.setenv("PASSWORD_ANN", "Correct-Horse-1")


def scanned(application, probe, *rows, identities=None):
    with services.serving(application) as url:
        shop = services.target(url, rows, identities, accounts.LOGIN if identities else None)
        return services.scanned(shop, probe)


@pytest.mark.parametrize(("escape", "locations"), [(str, [("GET /{a path that there is not}",)]), (html.escape, [])])
def test_the_page_of_a_missing_path(escape, locations):
    def missing(request):
        return HTMLResponse(f"<p>There is no {escape(request.path_params['any'])}.</p>", 404)

    application = services.app(("GET", "/{any:path}", missing))
    scan = scanned(application, "reflected-xss", {"operation": "GET /", "public": True})
    assert [finding.locations for finding in scan.findings] == locations


@pytest.mark.parametrize("kept", ["/api/v1/items", "/api/v2/debug/vars", "/api/internal/status", None])
def test_what_is_served_below_the_own_paths_and_in_earlier_versions(kept):
    def items(_):
        return JSONResponse({"items": []})

    routes = [("GET", "/api/v2/items", items)]
    if kept:
        routes.append(("GET", kept, lambda _: JSONResponse({"uptime": 12, "build": "kept"})))
    scan = scanned(services.app(*routes), "undocumented", "GET /api/v2/items")
    assert [finding.locations for finding in scan.findings] == ([(f"GET {kept}",)] if kept else [])


def aging(*, refused):
    """Tokens that are no JSON Web Tokens, good for a second as the sign-in says."""
    ends = {}

    def login(_):
        token = f"opaque-{len(ends)}"
        ends[token] = time.time() + 1
        return JSONResponse({"access_token": token, "expires_in": 1})

    def items(request):
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in ends or (refused and time.time() > ends[token]):
            return JSONResponse({"error": "sign in"}, 401)
        return JSONResponse({"items": []})

    return services.app(("POST", "/login", login), ("GET", "/items", items))


@pytest.mark.parametrize("refused", [True, False])
def test_a_token_that_has_grown_old(monkeypatch, refused):
    monkeypatch.setattr(ExpiredToken, "LEEWAY", 0.2)
    scan = scanned(aging(refused=refused), "token-expired", "GET /items", identities=ANN)
    assert [finding.cwe for finding in scan.findings] == ([] if refused else [613])
    assert scan.coverage["token-expired"].tried == {"GET /items (a token that expired over 0.2 seconds ago)"}


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"passwordHash": "5f4dcc3b5aa765d6", "name": "Ann"}, ["passwordHash"]),
        ({"user": {"api_token": "tok-123456"}, "mfaSecret": "JBSWY3DP"}, ["api_token", "mfaSecret"]),
        ([{"resetToken": "abcdef"}], ["resetToken"]),
        ({"digest": "$2b$12$EixZaYVK1fsbw1ZfbX3OXe"}, ["digest"]),
        ({"digest": "weekly"}, []),
        ({"password_changed_at": "2026-01-01", "has_password": True, "password": "***", "secretary": "Ben"}, []),
        ({"next_page_token": None, "token_type": "bearer", "tokens_used": 12}, []),
    ],
)
def test_names_that_say_that_something_is_secret(body, named):
    assert sorted(ExcessiveData()._names(body, once=False)) == named
