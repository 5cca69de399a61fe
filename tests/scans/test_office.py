"""An office of two tenants: headers that name one, copies, approvals, roles in inner objects, and amounts in lists."""

import itertools

import pytest
import services

TENANTS = {"alice": "acme", "bob": "globex", "boss": "acme"}
PEOPLE = services.by_token(
    *TENANTS,
    **{
        name: {"username": name, "tenant": tenant} | ({"role": "admin"} if name == "boss" else {})
        for name, tenant in TENANTS.items()
    },
)


@pytest.fixture(autouse=True)
def _tokens(monkeypatch):
    for name, secret in services.SECRETS.items():
        monkeypatch.setenv(f"TOKEN_{name.upper()}", secret)


def refused(status=401):
    return services.JSONResponse({"error": "refused"}, status)


class Sheets:
    """Timesheets of their owners."""

    def __init__(self, wrong):
        self.wrong = wrong
        self.kept, self.numbers = {}, itertools.count(100)

    def made(self, owner, note):
        number = f"s{next(self.numbers)}"
        self.kept[number] = {"id": number, "owner": owner, "state": "open", "note": note}
        return services.JSONResponse(self.kept[number], 201)

    def own(self, request, number):
        sheet = self.kept.get(number)
        return sheet if sheet and services.who(request) in (sheet["owner"], "boss") else None

    async def make(self, request):
        body = await request.json()
        return self.made(services.who(request), str(body["note"])) if body.get("project") == "P1" else refused(422)

    async def copy(self, request):
        number = str((await request.json()).get("from"))
        sheet = self.kept.get(number) if self.wrong == "copy" and services.who(request) else self.own(request, number)
        return self.made(services.who(request), sheet["note"]) if sheet else refused(404)

    def read(self, request):
        sheet = self.own(request, request.path_params["sheet_id"])
        return services.JSONResponse(sheet) if sheet else refused(404)

    def becomes(self, state, of):
        def change(request):
            sheet = self.own(request, request.path_params["sheet_id"])
            if sheet is None:
                return refused(404)
            if state == "approved" and self.wrong != "approve" and (services.who(request) != "boss" or sheet["owner"] == "boss"):
                return refused(403)
            if sheet["state"] != of:
                return refused(409)
            sheet["state"] = state
            return services.JSONResponse(sheet)

        return change

    def scanned(self, probe, **entries):
        paths = [("POST", "/sheets", self.make), ("POST", "/sheets/copies", self.copy), ("GET", "/sheets/{sheet_id}", self.read)]
        decisions = [("submit", "submitted", "open"), ("approve", "approved", "submitted")]
        paths += [("POST", f"/sheets/{{sheet_id}}/{name}", self.becomes(*states)) for name, *states in decisions]
        rows = [f"{method} {path}" for method, path, _ in paths]
        rows[0] = {"operation": "POST /sheets", "body": {"project": "P1", "note": "on site"}}
        rows[1] = {"operation": "POST /sheets/copies", "body": {"from": "s1", "week": 7}}
        return scanned(services.app(*paths), rows, probe, **entries)


def scanned(application, rows, probe, **entries):
    with services.serving(application) as url:
        return services.scanned(services.target(url, rows, PEOPLE, **entries), probe, allow_changes=True, seed=3)


def found(scan):
    return [(finding.severity.name.lower(), finding.location, finding.observed) for finding in scan.findings]


@pytest.mark.parametrize("wrong", ["copy", ""])
def test_nobody_copies_what_is_another_s(wrong):
    scan = Sheets(wrong).scanned("tenant-level")
    observed = "'bob' reads an object of 'alice' through the body, and is refused otherwise"
    expected = [("critical", "POST /sheets/copies body from", observed)] if wrong else []
    assert found(scan) == expected, scan.coverage["tenant-level"]
    assert "POST /sheets/copies body from" in scan.coverage["tenant-level"].tried


@pytest.mark.parametrize("wrong", ["approve", ""])
def test_who_submits_does_not_approve(wrong):
    approve = "POST /sheets/{sheet_id}/approve"
    scan = Sheets(wrong).scanned("function-level", admin=[approve])
    observed = "'alice', no administrator, does it to an object of their own, and sees the effect"
    assert found(scan) == ([("high", approve, observed)] if wrong else []), scan.coverage["function-level"]
    assert f"{approve} (an object of one's own)" in scan.coverage["function-level"].tried
    assert not scan.coverage["function-level"].open


@pytest.mark.parametrize("wrong", ["approve", ""])
def test_an_approval_of_one_s_own_is_told_where_nobody_says_who_may(wrong):
    scan = Sheets(wrong).scanned("self-approval")
    observed = "'alice' approves what they have asked for themselves"
    assert found(scan) == ([("low", "POST /sheets/{sheet_id}/approve", observed)] if wrong else []), scan.coverage[
        "self-approval"
    ]


@pytest.mark.parametrize("wrong", ["X-Company", "X-Org", ""])
@pytest.mark.parametrize("described", [True, False])
def test_no_header_chooses_the_tenant(wrong, described):
    settings = {"acme": {"week": "monday", "rate": 3}, "globex": {"week": "sunday", "rate": 4}}

    def tenant(request):
        own = TENANTS.get(services.who(request))
        named = request.headers.get(wrong.lower() or "x-company")
        return own if own is None or not named else named if wrong and named in settings else None if named != own else own

    def people(request):
        listed = [{"id": f"p-{name}"} for name in TENANTS if TENANTS[name] == tenant(request)]
        return services.JSONResponse(listed) if tenant(request) else refused(403)

    def of_tenant(request):
        return services.JSONResponse(settings[tenant(request)]) if tenant(request) else refused(403)

    paths = {"/people": people, "/settings": of_tenant}
    beside = {"header": {wrong or "X-Company": "acme"}} if described else {}
    rows = [{"operation": f"GET {path}", **beside} for path in paths]
    scan = scanned(services.app(*(("GET", path, function) for path, function in paths.items())), rows, "tenant-level")
    by = "" if described else f" in the header {wrong}"
    place = f" header {wrong}" if described else ""
    expected = {
        (f"GET {path}{place}", f"'bob' gets {what} of 'alice' by naming their tenant{by}")
        for path, what in (("/people", "the list"), ("/settings", "what is shown to the tenant"))
    }
    assert {(place, observed) for _, place, observed in found(scan)} == (expected if wrong else set()), scan.coverage


@pytest.mark.parametrize("wrong", ["merge", "replace", "top", ""])
def test_a_role_beside_what_is_asked_for_is_not_taken(wrong):
    roles = {"alice": "employee", "bob": "employee", "boss": "admin"}
    people = {
        name: {"name": name, "nick": name, "contact": {"phone": "1"}, "employment": {"role": role, "grade": 5}}
        for name, role in roles.items()
    }

    def me(request):
        name = services.who(request)
        return services.JSONResponse(people[name]) if name else refused()

    async def change(request):
        name, body = services.who(request), await request.json()
        if name is None:
            return refused()
        people[name]["nick"] = str(body.get("nick"))
        people[name]["contact"] |= {"phone": str(body.get("contact", {}).get("phone"))}
        given = body.get("employment") if wrong in ("merge", "replace") else None
        if isinstance(given, dict):
            people[name]["employment"] = (people[name]["employment"] if wrong == "merge" else {}) | given
        if wrong == "top" and "role" in body:
            people[name]["badge"] = body["role"]
        return services.JSONResponse(people[name])

    application = services.app(("GET", "/me", me), ("PATCH", "/me", change))
    rows = ["GET /me", {"operation": "PATCH /me", "body": {"nick": "Al", "contact": {"phone": "2"}}}]
    scan = scanned(application, rows, "mass-assignment")
    expected = [("high", "PATCH /me employment.role", "sent, and present when the object is read")]
    assert found(scan) == (expected if wrong in ("merge", "replace") else []), scan.coverage["mass-assignment"]
    assert people["alice"]["employment"] == {"role": "employee", "grade": 5}


@pytest.mark.parametrize("wrong", ["total", "budget", "ignored", ""])
def test_no_item_of_a_list_has_an_amount_below_zero(wrong):
    kept = {}

    async def add(request):
        body = await request.json()
        amounts = [line["amount"] for line in body["lines"]]
        if services.who(request) is None or any(amount <= 0 and not wrong for amount in amounts):
            return refused(422)
        amounts = [abs(amount) for amount in amounts] if wrong == "ignored" else amounts
        kept[number := f"e{len(kept)}"] = sum(amounts)
        return services.JSONResponse(
            {"id": number, "lines": body["lines"]} | ({"total": sum(amounts)} if wrong == "total" else {}), 201
        )

    def budget(request):
        return services.JSONResponse({"left": 2000 - (sum(kept.values()) if wrong == "budget" else len(kept))})

    application = services.app(("POST", "/expenses", add), ("GET", "/expenses/budget", budget))
    rows = [{"operation": "POST /expenses", "body": {"purpose": "Trip", "lines": [{"label": "Taxi", "amount": 18}]}}]
    scan = scanned(application, [*rows, "GET /expenses/budget"], "negative-amount")
    place, taken = "POST /expenses body lines[].amount", "lines[].amount = -1 and -2 are taken"
    follows = ", and GET /expenses/budget left goes the other way" if wrong == "budget" else ""
    expected = [("medium", place, f"{taken}{follows}")] if wrong in ("total", "budget") else []
    assert found(scan) == expected, scan.coverage["negative-amount"]
    assert place in scan.coverage["negative-amount"].tried
