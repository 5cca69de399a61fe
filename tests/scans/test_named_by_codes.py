"""Operations whose examples name nothing: codes come from lists, addresses need not answer, look-ups are tried with operators."""

import asyncio
import urllib.request

import pytest
import services

PEOPLE = services.by_token("alice", "bob")


@pytest.fixture(autouse=True)
def _tokens(monkeypatch):
    for name, secret in services.SECRETS.items():
        monkeypatch.setenv(f"TOKEN_{name.upper()}", secret)


def workshop(*, weak):
    """Repairs by a mechanic whom only a code names, and whose address is called, where that is ``weak``."""

    async def mechanics(_request):
        return services.JSONResponse([{"id": 3, "code": "TRAC_JHN", "name": "John"}])

    async def repair(request):
        name, body = services.who(request), await request.json()
        if not name:
            return services.JSONResponse({}, 401)
        if body.get("mechanic_code") != "TRAC_JHN":
            return services.JSONResponse({"error": "this mechanic is not known"}, 422)
        if not weak:
            return services.JSONResponse({"error": "mechanic_api is no address of the workshop"}, 422)
        try:
            await asyncio.to_thread(urllib.request.urlopen, body["mechanic_api"], None, 3)
        except (OSError, ValueError):
            return services.JSONResponse({"error": "the mechanic could not be reached"}, 400)
        return services.JSONResponse({"id": 1}, 201)

    return services.app(("GET", "/mechanics", mechanics), ("POST", "/repairs", repair))


@pytest.mark.parametrize("weak", [True, False])
def test_an_address_is_called_though_no_good_one_is_known(weak):
    rows = [
        {"operation": "GET /mechanics"},
        {"operation": "POST /repairs", "body": {"mechanic_code": "", "problem": "it squeaks", "mechanic_api": ""}},
    ]
    with services.serving(workshop(weak=weak)) as url:
        scan = services.scanned(services.target(url, rows, PEOPLE), "ssrf", allow_changes=True, seed=3)
    places = [finding.location for finding in scan.findings]
    assert places == (["POST /repairs body mechanic_api"] if weak else []), scan.coverage


@pytest.mark.parametrize("weak", [True, False])
@pytest.mark.parametrize("route", ["/coupons/check", "/coupons/redeem"])
def test_a_look_up_of_something_unknown_is_tried_with_operators(weak, route):
    sent = []

    async def look_up(request):
        code = (await request.json()).get("coupon_code")
        sent.append(code)
        if not isinstance(code, str) and not weak:
            return services.JSONResponse({"error": "coupon_code is not valid"}, 422)
        found = code == "SUMMER" or (isinstance(code, dict) and "$ne" in code)
        return services.JSONResponse(
            {"coupon": "SUMMER", "amount": 75} if found else {"error": "no such coupon"}, 200 if found else 404
        )

    rows = [{"operation": f"POST {route}", "body": {"coupon_code": "none"}}]
    with services.serving(services.app(("POST", route, look_up))) as url:
        scan = services.scanned(services.target(url, rows, PEOPLE), "nosql-injection", allow_changes=True, seed=3)
    looks_up = route.endswith("check")
    assert bool(scan.findings) is (weak and looks_up), scan.coverage
    assert any(isinstance(code, dict) for code in sent) is looks_up
