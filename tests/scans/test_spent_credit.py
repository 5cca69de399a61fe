"""A credit that is spent several times by requests at once, of an account that may be changed."""

import asyncio

import pytest
import services

PASSWORD = "Long-enough-77"


@pytest.mark.parametrize(
    ("kind", "found"), [("after", True), ("before", False), ("endless", False)]
)  # when the credit is taken off, or that it has no end
def test_payouts_at_once(monkeypatch, kind, found):
    monkeypatch.setenv("BANK", PASSWORD)
    credits = {"ann": 500, "carol": 400}

    async def login(request):
        body = await request.json()
        right = body.get("username") in credits and body.get("password") == PASSWORD
        return services.JSONResponse({"token": f"of-{body['username']}"} if right else {}, 200 if right else 401)

    def who(request):
        name = request.headers.get("authorization", "").removeprefix("Bearer of-")
        return name if name in credits else None

    def account(request):
        name = who(request)
        return services.JSONResponse({"balance": credits[name]} if name else {}, 200 if name else 401)

    async def payout(request):
        name = who(request)
        if name is None:
            return services.JSONResponse({}, 401)
        amount = (await request.json()).get("amount")
        if not isinstance(amount, int) or amount < 1:
            return services.JSONResponse({"error": "not valid"}, 422)
        if amount > credits[name] and kind != "endless":
            return services.JSONResponse({"error": "the credit is too small"}, 409)
        credits[name] -= amount if kind != "after" else 0
        await asyncio.sleep(0.1)
        credits[name] -= amount if kind == "after" else 0
        return services.JSONResponse({"paid": amount}, 201)

    people = {
        "ann": {"username": "ann", "password_env": "BANK"},
        "carol": {"username": "carol", "password_env": "BANK", "lockable": True},
    }
    rows = ["GET /account", {"operation": "POST /account/payout", "body": {"amount": 5}}]
    with services.serving(
        services.app(("POST", "/login", login), ("GET", "/account", account), ("POST", "/account/payout", payout))
    ) as url:
        shop = services.target(url, rows, people, {"operation": "POST /login", "token": "token"})
        scan = services.scanned(shop, "race", allow_changes=True)
    assert [finding.location for finding in scan.findings] == ["POST /account/payout"] * found
    assert ("POST /account/payout" in scan.coverage["race"].tried) == (kind != "endless")
    assert credits["ann"] >= 480, "the credit of an identity that the scan needs was spent"
    assert scan.findings == [] or "of a credit of 398, which is" in scan.findings[0].observed
