"""Passwords that are short: they may stand anywhere by chance, but for a value that is called a password."""

import pytest
import services


@pytest.mark.parametrize(
    ("item", "found"),
    [
        ({"username": "ann", "password": "pass1"}, ["GET /people"]),
        ({"username": "ann", "note": "pass1"}, []),
        ({"username": "ann", "password": "pass11"}, []),
    ],
)
def test_a_short_password_in_an_answer(monkeypatch, item, found):
    monkeypatch.setenv("PASSWORD_ANN", "pass1")

    async def login(request):
        right = (await request.json()).get("password") == "pass1"
        return services.JSONResponse({"token": "token-of-ann-12345"} if right else {}, 200 if right else 401)

    app = services.app(("POST", "/login", login), ("GET", "/people", lambda _: services.JSONResponse([item])))
    people = {"ann": {"username": "ann", "password_env": "PASSWORD_ANN"}}
    with services.serving(app) as url:
        shop = services.target(url, ["GET /people"], people, {"operation": "POST /login", "token": "token"})
        scan = services.scanned(shop, "own-secrets")
    assert [finding.location for finding in scan.findings] == found
    assert "GET /people" in scan.coverage["own-secrets"].tried
