"""What pages and redirects lead to: one's own number, a document that was handed in, a visitor's session; and amounts once all is spent."""

import secrets

import pytest
import services

PEOPLE = services.by_token("alice", "bob")
NUMBERS = {"alice": 31, "bob": 32}
REFUSED = {"error": "sign in"}


@pytest.fixture(autouse=True)
def _tokens(monkeypatch):
    for name, secret in services.SECRETS.items():
        monkeypatch.setenv(f"TOKEN_{name.upper()}", secret)


def scanned(routes, rows, attack, people=PEOPLE, **entries):
    with services.serving(services.app(*routes)) as url:
        return services.scanned(services.target(url, rows, people, **entries), attack, allow_changes=True, seed=3)


@pytest.mark.parametrize("weak", [True, False])
def test_a_page_leads_to_ones_own_number(weak):
    def home(request):
        name = services.who(request)
        page = f"<p>Good day</p><a href='/employees/{NUMBERS.get(name)}/salary'>Salary</a> <a href='/employees'>All</a>"
        return services.HTMLResponse(page) if name else services.JSONResponse(REFUSED, 401)

    def salary(request):
        name, number = services.who(request), request.path_params["number"]
        owner = next((each for each, known in NUMBERS.items() if str(known) == number), None)
        if not name:
            return services.JSONResponse(REFUSED, 401)
        if owner is None or (owner != name and not weak):
            return services.JSONResponse({"error": "there is none"}, 404)
        return services.HTMLResponse(f"<dl><dt>Name</dt><dd>{owner}</dd><dt>IBAN</dt><dd>DE02{NUMBERS[owner]}0500</dd></dl>")

    rows = [{"operation": "GET /home"}, {"operation": "GET /employees/{number}/salary"}]
    scan = scanned([("GET", "/home", home), ("GET", "/employees/{number}/salary", salary)], rows, "object-level")
    places = [finding.location for finding in scan.findings]
    assert places == (["GET /employees/{number}/salary"] if weak else []), scan.coverage


@pytest.mark.parametrize("weak", [True, False])
def test_a_form_leads_to_the_file_that_it_took(weak):
    files = {}

    async def hand_in(request):
        if not services.who(request):
            return services.JSONResponse(REFUSED, 401)
        file = (await request.form())["file"]
        files[number := secrets.token_hex(8)] = (await file.read(), file.content_type)
        return services.Response(status_code=302, headers={"Location": f"/documents/{number}"})

    def document(request):
        content, media = files.get(request.path_params["number"], (b"", "text/plain"))
        disposition = {} if weak else {"Content-Disposition": "attachment"}
        return services.Response(content, media_type=media, headers=disposition)

    rows = [{"operation": "POST /documents", "media": "multipart/form-data", "body": {"title": "Leave", "file": "text"}}]
    rows.append({"operation": "GET /documents/{number}"})
    scan = scanned([("POST", "/documents", hand_in), ("GET", "/documents/{number}", document)], rows, "file-upload")
    assert bool(scan.findings) is weak, scan.coverage
    assert scan.coverage["file-upload"].tried


@pytest.mark.parametrize("weak", [True, False])
def test_a_session_that_a_visitor_was_given_is_not_signed_in(monkeypatch, weak):
    monkeypatch.setenv("PASSWORD_ANN", "Correct-Horse-1")
    sessions = {}

    def with_session(answer, name):
        sessions[number := secrets.token_hex(16)] = name
        answer.set_cookie("sid", number, httponly=True)
        return answer

    def visit(_):
        return with_session(services.HTMLResponse("<form method='post'></form>"), "")

    async def login(request):
        form, kept = await request.form(), request.cookies.get("sid", "")
        if (form.get("username"), form.get("password")) != ("ann", "Correct-Horse-1"):
            return services.HTMLResponse("wrong", 401)
        answer = services.Response(status_code=302, headers={"Location": "/me"})
        if weak and kept in sessions:  # one that it does not know is never taken
            sessions[kept] = "ann"
            answer.set_cookie("sid", kept, httponly=True)
            return answer
        return with_session(answer, "ann")

    def me(request):
        name = sessions.get(request.cookies.get("sid", ""))
        return services.JSONResponse({"name": name}) if name else services.JSONResponse(REFUSED, 401)

    sign_in = {"operation": "POST /login", "media": "application/x-www-form-urlencoded", "token": {"cookie": "sid"}}
    people = {"ann": {"username": "ann", "password_env": "PASSWORD_ANN"}}
    routes = [("GET", "/login", visit), ("POST", "/login", login), ("GET", "/me", me)]
    scan = scanned(routes, ["GET /me"], "session-fixation", people, sign_in=sign_in)
    observed = "the cookie sid that a visitor was given before the sign-in is signed in afterwards"
    assert [each.observed for each in scan.findings] == ([observed] if weak else []), scan.coverage


@pytest.mark.parametrize("weak", [True, False])
def test_amounts_below_zero_are_taken_once_all_is_spent(weak):
    credit = dict.fromkeys(NUMBERS, 2.0)

    async def order(request):
        name, quantity = services.who(request), (await request.json()).get("quantity")
        if not name:
            return services.JSONResponse(REFUSED, 401)
        if not isinstance(quantity, int) or (quantity < 1 and not weak):
            return services.JSONResponse({"error": "quantity is not valid"}, 422)
        if 15 * quantity > credit[name]:
            return services.JSONResponse({"error": "the credit is too low"}, 409)
        credit[name] -= 15 * quantity
        return services.JSONResponse({"id": secrets.token_hex(4), "total": 15 * quantity, "credit": credit[name]}, 201)

    rows = [{"operation": "POST /shop/orders", "body": {"product": 3, "quantity": 1}}]
    scan = scanned([("POST", "/shop/orders", order)], rows, "negative-amount")
    places = [(finding.location, str(finding.severity)) for finding in scan.findings]
    assert places == ([("POST /shop/orders body quantity", "medium")] if weak else []), scan.coverage
    if weak:
        assert scan.findings[0].observed == "quantity = -1 and -2 are taken, a number above zero is not"
