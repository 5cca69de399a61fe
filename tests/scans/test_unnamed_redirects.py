"""Where a redirect leads by a parameter that nothing describes."""

import pytest
import services

FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(("heeds", "found"), [("returnTo", ["GET /start query returnTo"]), ("", []), ("theme", [])])
def test_parameters_that_nothing_describes(heeds, found):
    def start(request):
        return services.Response(status_code=302, headers={"location": request.query_params.get(heeds, "/shop")})

    app = services.app(("GET", "/start", start), ("GET", "/shop", lambda _: services.HTMLResponse("<h1>shop</h1>")))
    with services.serving(app) as url:
        scan = services.scanned(services.target(url, ["GET /start", "GET /shop"]), "open-redirect")
    assert [finding.location for finding in scan.findings] == found


@pytest.mark.parametrize("allowed", ["beginning", "site"])
def test_a_sign_in_that_leads_to_what_begins_like_the_public_name(monkeypatch, allowed):
    """People know a system by another name than the scan: a page tells it."""
    monkeypatch.setenv("PASSWORD", "correct horse 7 battery")
    site = "https://club.example"

    async def enter(request):
        form = await request.form()
        if form.get("password") != "correct horse 7 battery":
            return services.HTMLResponse("<p>Wrong</p>", 401)
        to = form.get("next", "/")
        own = to.startswith(site) if allowed == "beginning" else to == site or to.startswith(f"{site}/")
        answer = services.Response(status_code=302, headers={"location": to if own else "/home"})
        answer.set_cookie("session", "s-0123456789abcdef0123")
        return answer

    def home(_):
        return services.HTMLResponse(f'<h1>Home</h1><a href="{site}/about">About us</a>')

    row = {"operation": "POST /login", "public": True, "form": {"username": "x", "password": "y", "next": "/home"}}
    sign_in = {"operation": "POST /login", "media": FORM, "token": {"cookie": "session"}}
    people = {"ann": {"username": "ann", "password_env": "PASSWORD"}}
    with services.serving(services.app(("POST", "/login", enter), ("GET", "/home", home))) as url:
        scan = services.scanned(services.target(url, [row, "GET /home"], people, sign_in), "open-redirect")
    found = [finding.location for finding in scan.findings]
    assert found == (["POST /login body next"] if allowed == "beginning" else []), scan.coverage["open-redirect"]
    assert "POST /login body next" in scan.coverage["open-redirect"].tried


@pytest.mark.parametrize("kind", ["anywhere", "beginning", "own"])
@pytest.mark.parametrize("where", ["query", "body"])
def test_a_sign_in_that_heeds_what_its_form_does_not_have(monkeypatch, where, kind):
    monkeypatch.setenv("PASSWORD", "correct horse 7 battery")
    site = "https://club.example"

    async def enter(request):
        form = await request.form()
        if form.get("password") != "correct horse 7 battery":
            return services.HTMLResponse("<p>Wrong</p>", 401)
        to = (request.query_params if where == "query" else form).get("return_to", "/home")
        own = kind == "anywhere" or (to.startswith(site) if kind == "beginning" else to.startswith(f"{site}/"))
        answer = services.Response(status_code=302, headers={"location": to if own else "/home"})
        answer.set_cookie("session", "s-0123456789abcdef0123")
        return answer

    home = services.HTMLResponse(f"<h1>Home</h1><a href='{site}/about'>About us</a>")
    row = {"operation": "POST /login", "public": True, "form": {"username": "x", "password": "y"}}
    sign_in = {"operation": "POST /login", "media": FORM, "token": {"cookie": "session"}}
    people = {"ann": {"username": "ann", "password_env": "PASSWORD"}}
    with services.serving(services.app(("POST", "/login", enter), ("GET", "/home", lambda _: home))) as url:
        scan = services.scanned(services.target(url, ["GET /home", row], people, sign_in), "open-redirect")
    found = [finding.location for finding in scan.findings]
    assert found == ([f"POST /login {where} return_to"] if kind != "own" else []), scan.coverage["open-redirect"]
    assert "POST /login (names that are not described)" in scan.coverage["open-redirect"].tried
