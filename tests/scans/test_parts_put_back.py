"""A part of an object that has an operation of its own to write it, and none to read it: it is put back as any other value."""

import services

PASSWORD = "Long-enough-77"


def test_a_part_is_put_back(monkeypatch):
    monkeypatch.setenv("CLUB", PASSWORD)
    mails = {"ann": "ann@club.example", "ben": "ben@club.example"}
    written = []

    async def login(request):
        given = await request.json()
        right = given.get("password") == PASSWORD and given.get("username") in mails
        return services.JSONResponse({"token": f"token-of-{given['username']}"} if right else {}, 200 if right else 401)

    async def member(request):
        name = request.path_params["username"]
        if name not in mails or request.headers.get("authorization") != f"Bearer token-of-{name}":
            return services.JSONResponse({"error": "no"}, 404)
        if request.method == "PUT":
            mails[name] = str((await request.json()).get("email"))
            written.append(mails[name])
            return services.Response(status_code=204)
        return services.JSONResponse({"username": name, "email": mails[name]})

    app = services.app(
        ("POST", "/login", login), ("GET", "/members/{username}", member), ("PUT", "/members/{username}/email", member)
    )
    people = {name: {"username": name, "password_env": "CLUB"} for name in mails}
    rows = ["GET /members/{username}", {"operation": "PUT /members/{username}/email", "body": {"email": "new@club.example"}}]
    with services.serving(app) as url:
        shop = services.target(url, rows, people, {"operation": "POST /login", "token": "token"})
        scan = services.scanned(shop, "sql-injection", allow_changes=True)
    assert "new@club.example" in written
    assert mails == {"ann": "ann@club.example", "ben": "ben@club.example"}
    assert scan.sender.traces.left == []
