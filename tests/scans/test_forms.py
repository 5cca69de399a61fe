"""Pages with forms: a token against forged requests in a field of each, also in that for the sign-in; and sessions without one."""

import html
import secrets
from urllib.parse import parse_qs

import pytest
import services
from starlette.responses import HTMLResponse, RedirectResponse

LOGIN = {"operation": "POST /login", "media": "application/x-www-form-urlencoded", "token": {"cookie": "sid"}}
TOKEN = {"parameter": "csrf_token", "operation": "GET /login", "field": "csrf_token"}
ROWS = [
    "GET /profile",
    {"operation": "POST /profile", "form": {"name": "Ann"}},
    {"operation": "POST /notes", "body": {"text": "hello"}},
]
PASSWORD = "Correct-Horse-1"


def site(*wrong, tokens, same_site="lax"):
    """A site with sessions in cookies; ``tokens`` guard its forms, ``wrong`` names what is wrong."""
    sessions, names = {}, {"ann": "Ann"}

    def session(request):
        return sessions.get(request.cookies.get("sid", ""))

    def guarded(request, fields):
        known = session(request)
        return not tokens or (known is not None and fields.get("csrf_token", [""])[0] == known["token"])

    def login_page(request):
        sid = request.cookies.get("sid", "")
        known = sessions.get(sid)
        if known is None:
            sid = secrets.token_urlsafe(24)
            known = sessions[sid] = {"user": None, "token": secrets.token_urlsafe(16)}
        page = HTMLResponse(f'<form method="post"><input type="hidden" name="csrf_token" value="{known["token"]}"></form>')
        page.set_cookie("sid", sid, httponly=True, samesite=same_site)
        return page

    async def login(request):
        fields = parse_qs((await request.body()).decode())
        if not guarded(request, fields):
            return HTMLResponse("<p>The form has expired.</p>", 400)
        if fields.get("username") not in (["ann"], ["spare"]) or fields.get("password") != [PASSWORD]:
            return HTMLResponse("<p>Refused.</p>", 401)
        sid = secrets.token_urlsafe(24)
        sessions[sid] = {"user": "ann", "token": secrets.token_urlsafe(16)}
        answer = RedirectResponse("/profile", 303)
        answer.set_cookie("sid", sid, httponly=True, samesite=same_site)
        return answer

    def profile(request):
        if not (session(request) or {}).get("user"):
            return RedirectResponse("/login", 303)
        return HTMLResponse(f"<p>{html.escape(names['ann'])}</p>")

    async def change(request):
        if not (session(request) or {}).get("user"):
            return RedirectResponse("/login", 303)
        fields = parse_qs((await request.body()).decode(errors="replace"))
        if "unchecked" not in wrong and not guarded(request, fields):
            return HTMLResponse("<p>The form has expired.</p>", 400)
        names["ann"] = fields.get("name", [""])[0]
        return HTMLResponse("<p>Kept.</p>")

    def by_link(request):
        if not (session(request) or {}).get("user"):
            return RedirectResponse("/login", 303)
        names["ann"] = request.query_params.get("name", "")
        return RedirectResponse("/profile", 303)

    async def logout(request):
        fields = parse_qs((await request.body()).decode(errors="replace"))
        if "anybody" not in wrong and not guarded(request, fields):
            return HTMLResponse("<p>The form has expired.</p>", 403)
        if "outlives" not in wrong:
            sessions.pop(request.cookies.get("sid", ""), None)
        return RedirectResponse("/login", 303)

    async def note(request):
        if not (session(request) or {}).get("user"):
            return services.JSONResponse({"error": "sign in"}, 401)
        if "any-media" not in wrong and request.headers.get("content-type") != "application/json":
            return services.JSONResponse({"error": "only JSON"}, 415)
        return services.JSONResponse({"id": 1, "text": (await request.json())["text"]}, 201)

    return services.app(
        ("GET", "/login", login_page),
        ("POST", "/login", login),
        ("GET", "/profile", profile),
        ("POST", "/profile", change),
        *((("GET", "/profile/name", by_link),) if "link" in wrong else ()),
        ("POST", "/profile/name", change),
        ("POST", "/notes", note),
        ("POST", "/logout", logout),
    )


def scanned(monkeypatch, probe, application, rows, sign_in, **entries):
    monkeypatch.setenv("PASSWORD_ANN", PASSWORD)
    with services.serving(application) as url:
        identities = {"ann": {"username": "ann", "password_env": "PASSWORD_ANN"}}
        return services.scanned(services.target(url, rows, identities, sign_in, **entries), probe, allow_changes=True, seed=5)


@pytest.mark.parametrize(("wrong", "locations"), [((), []), (("unchecked",), [("POST /profile",)])])
def test_the_token_of_a_form(monkeypatch, wrong, locations):
    scan = scanned(monkeypatch, "csrf", site(*wrong, tokens=True), ROWS[:2], LOGIN | {"csrf": TOKEN})
    assert [finding.locations for finding in scan.findings] == locations, scan.coverage["csrf"]
    assert scan.coverage["csrf"].tried == {"POST /profile"}
    assert scan.authenticator.guarded


@pytest.mark.parametrize(("wrong", "found"), [((), []), (("link",), ["POST /profile/name"])])
def test_a_link_does_not_do_what_the_form_does(monkeypatch, wrong, found):
    monkeypatch.setenv("PASSWORD_ANN", PASSWORD)
    rows = ["GET /profile", {"operation": "POST /profile/name", "form": {"name": "Ann"}}]
    people = {name: {"username": name, "password_env": "PASSWORD_ANN"} for name in ("ann", "spare")}
    people["spare"]["lockable"] = True
    with services.serving(site(*wrong, tokens=True)) as url:
        shop = services.target(url, rows, people, LOGIN | {"csrf": TOKEN})
        scan = services.scanned(shop, "csrf", allow_changes=True, seed=5)
        assert [finding.location for finding in scan.findings] == found, scan.coverage["csrf"]
        assert scan.coverage["csrf"].tried == {"POST /profile/name", "POST /profile/name (by GET)"}, scan.coverage["csrf"]


@pytest.mark.parametrize(
    ("same_site", "wrong", "locations"),
    [("none", (), ["POST /profile"]), ("none", ("any-media",), ["POST /notes", "POST /profile"]), ("lax", (), None)],
)
def test_sessions_that_go_along_with_what_other_sites_send(monkeypatch, same_site, wrong, locations):
    scan = scanned(monkeypatch, "csrf", site(*wrong, tokens=False, same_site=same_site), ROWS, LOGIN)
    assert sorted(each for finding in scan.findings for each in finding.locations) == (locations or [])
    expected = {"all": "no session cookie is sent from other sites, and there is no CSRF token"}
    assert scan.coverage["csrf"].skipped == (expected if locations is None else {})


@pytest.mark.parametrize("row", ["POST /logout", {"operation": "POST /logout", "form": {"from": "page"}}])
@pytest.mark.parametrize("wrong", ["outlives", ""])
def test_a_log_out_carries_the_token_of_its_session(monkeypatch, row, wrong):
    application, way = site(wrong, tokens=True), LOGIN | {"csrf": TOKEN}
    scan = scanned(monkeypatch, "token-after-logout", application, [*ROWS[:2], row], way, sign_out="POST /logout")
    assert scan.coverage["token-after-logout"].tried, scan.coverage["token-after-logout"].skipped
    assert bool(scan.findings) == bool(wrong)


@pytest.mark.parametrize(("wrong", "found"), [("anybody", ["POST /logout"]), ("", []), ("outlives", [])])
def test_others_sign_a_user_out(monkeypatch, wrong, found):
    application, way = site(wrong, tokens=True), LOGIN | {"csrf": TOKEN}
    scan = scanned(monkeypatch, "csrf", application, [*ROWS[:2], "POST /logout"], way, sign_out="POST /logout")
    assert [location for finding in scan.findings for location in finding.locations] == found, scan.coverage["csrf"].skipped
    assert ("POST /logout" in scan.coverage["csrf"].tried) is (wrong != "outlives")
