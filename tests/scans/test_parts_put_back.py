"""A part of an object that has an operation of its own to write it, and none to read it: it is put back as any other value."""

import services

from SecurityLibrary.sending import traces

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


def test_what_cannot_be_put_back_is_not_tried_after_each_attack():
    """A telephone number was empty, and an empty one is refused."""
    phone, writes = {"phone": ""}, []

    async def write(request):
        given = str((await request.json()).get("phone"))
        writes.append(given)
        if not given or len(given) > 40:
            return services.JSONResponse({"error": "phone is not valid"}, 422)
        phone["phone"] = given
        return services.JSONResponse(phone)

    app = services.app(("GET", "/me", lambda _: services.JSONResponse(phone)), ("PATCH", "/me", write))
    rows = ["GET /me", {"operation": "PATCH /me", "body": {"phone": "+44 20 7946 0011"}}]
    attacks = ("template-injection", "banner", "cors", "methods", "host-header", "undocumented", "security-headers", "rate-limit")
    with services.serving(app) as url:
        scan = services.scanned(services.target(url, rows), *attacks, allow_changes=True)
    assert writes.count("") <= traces.MOST_TRIES + 1  # the last one at the end
    assert [line.partition(":")[0] for line in scan.sender.traces.left] == ["PATCH /me"]
