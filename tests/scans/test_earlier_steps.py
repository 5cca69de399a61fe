"""What is possible after other steps alone is attacked after them: on objects that were made for it, or once it was prepared."""

import itertools

import pytest
import services


@pytest.fixture(autouse=True)
def _tokens(monkeypatch):
    for name in ("alice", "bob"):
        monkeypatch.setenv(f"TOKEN_{name.upper()}", services.SECRETS[name])


def workshop(weak):
    """Repairs that are estimated, then accepted, and only then collected; their bill is there once they are accepted."""
    repairs, numbers = {}, itertools.count(310)

    def refused(text, status=409):
        return services.JSONResponse({"error": text}, status)

    def bring(request):
        if (name := services.who(request)) is None:
            return refused("sign in", 401)
        number = f"R{next(numbers)}"
        repairs[number] = {"ticket": number, "by": name, "stage": "brought", "note": f"left by {name} at the desk"}
        return services.JSONResponse(repairs[number], 201)

    def own(request, *, checked=True):
        repair = repairs.get(request.path_params["ticket"])
        mine = repair is not None and (not checked or repair["by"] == services.who(request))
        return repair if mine and services.who(request) else None

    def read(request):
        return services.JSONResponse(repair) if (repair := own(request)) else refused("there is none", 404)

    def moved(before, after, *, checked=True):
        def move(request):
            repair = own(request, checked=checked)
            if repair is None:
                return refused("there is none", 404)
            if repair["stage"] != before:
                return refused(f"it is {repair['stage']}")
            repair["stage"] = after
            return services.JSONResponse(repair)

        return move

    def bill(request):
        repair = own(request, checked=not weak)
        if repair is None:
            return refused("there is none", 404)
        return services.JSONResponse({"sum": 42, "of": repair["note"], "ticket": repair["ticket"]}) if repair["stage"] in (
            "accepted", "collected"
        ) else refused("there is no bill yet")  # fmt: skip

    return services.app(
        ("POST", "/repairs", bring),
        ("GET", "/repairs/{ticket}", read),
        ("POST", "/repairs/{ticket}/cancel", moved("brought", "cancelled")),
        ("POST", "/repairs/{ticket}/estimate", moved("brought", "estimated")),
        ("POST", "/repairs/{ticket}/accept", moved("estimated", "accepted")),
        ("POST", "/repairs/{ticket}/collect", moved("accepted", "collected", checked=not weak)),
        ("GET", "/repairs/{ticket}/bill", bill),
    )


ROWS = [
    {"operation": "POST /repairs", "body": {"what": "clock"}},
    "GET /repairs/{ticket}",
    *(f"POST /repairs/{{ticket}}/{verb}" for verb in ("collect", "cancel", "accept", "estimate")),
    "GET /repairs/{ticket}/bill",
]


@pytest.mark.parametrize("weak", [True, False])
def test_an_object_is_made_ready_before_another_user_tries_it(weak):
    with services.serving(workshop(weak)) as url:
        shop = services.target(url, ROWS, identities=services.by_token("alice", "bob"))
        scan = services.scanned(shop, "object-level", allow_changes=True, seed=4)
    places = {"POST /repairs/{ticket}/collect", "GET /repairs/{ticket}/bill"}
    assert {finding.location for finding in scan.findings} == (places if weak else set()), scan.coverage["object-level"]
    assert places <= scan.coverage["object-level"].tried


@pytest.mark.parametrize("weak", [True, False])
def test_what_another_operation_fills_is_filled_again(weak):
    """A purchase takes what is in the basket, so that each attack on it needs a line there."""
    lines = []

    def add(_):
        lines.append("pen")
        return services.JSONResponse({"lines": len(lines)}, 201)

    async def buy(request):
        remark = str((await request.json()).get("remark"))
        if not lines:
            return services.JSONResponse({"error": "the basket is empty"}, 409)
        lines.clear()
        if weak and remark.count("'") % 2:
            return services.PlainTextResponse("sqlite3.OperationalError: unrecognized token", 500)
        return services.JSONResponse({"remark": len(remark)}, 201)

    application = services.app(("POST", "/basket/lines", add), ("POST", "/purchases", buy))
    rows = [{"operation": "POST /purchases", "body": {"remark": "soon"}}, {"operation": "POST /basket/lines", "body": {"sku": "P1"}}]
    with services.serving(application) as url:
        shop = services.target(url, rows, identities=services.by_token("alice"))
        scan = services.scanned(shop, "sql-injection", allow_changes=True, seed=4)
    place = "POST /purchases body remark"
    assert {finding.location for finding in scan.findings} == ({place} if weak else set()), scan.coverage["sql-injection"]
    assert place in scan.coverage["sql-injection"].tried


def test_no_step_is_taken_where_the_scan_may_change_nothing():
    requested = []

    def bill(request):
        requested.append(request.url.path)
        return services.JSONResponse({"error": "there is no bill yet"}, 404)

    def accept(_):
        raise AssertionError("it changes something")

    application = services.app(("GET", "/repairs/{ticket}/bill", bill), ("POST", "/repairs/{ticket}/accept", accept))
    with services.serving(application) as url:
        rows = ["GET /repairs/{ticket}/bill", "POST /repairs/{ticket}/accept"]
        services.scanned(services.target(url, rows, identities=services.by_token("alice")), "banner")
    assert requested
