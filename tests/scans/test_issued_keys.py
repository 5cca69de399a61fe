"""Keys that end, scopes that hold, tokens with an end, codes and vouchers that are tried or used at once."""

import itertools
import secrets
import threading
import time

import jwt
import pytest
import services

SIGNING = "a-key-of-thirty-two-characters-or-more"


@pytest.fixture(autouse=True)
def _tokens(monkeypatch):
    for name, secret in services.SECRETS.items():
        monkeypatch.setenv(f"TOKEN_{name.upper()}", secret)


def refused(status=401):
    return services.JSONResponse({"error": "refused"}, status)


def desk(*wrong):
    """Notes of whoever has a token or a key; keys are made with a scope and taken back."""
    keys, notes = {}, []

    def caller(request):
        known = services.who(request)
        key = keys.get(request.headers.get("x-api-key"))
        if key and (not key["revoked"] or "kept" in wrong):
            return key
        return {"id": known, "scope": "write"} if known else None

    def listing(request):
        return services.JSONResponse({"notes": notes[:1]}) if caller(request) else refused()

    async def note(request):
        known = caller(request)
        if known is None or (known["scope"] != "write" and "scope" not in wrong):
            return refused(403 if known else 401)
        notes.append(str((await request.json()).get("text")))
        return services.JSONResponse({"text": notes[-1]}, 201)

    async def make(request):
        if services.who(request) is None:
            return refused()
        body = await request.json()
        kinds = {"read": "read", "write": "write"} | ({"admin": "admin"} if "assigned" in wrong else {})
        key = f"key-{secrets.token_hex(12)}"
        keys[key] = {"id": secrets.token_hex(4), "scope": kinds.get(body.get("scope"), "read"), "revoked": False}
        return services.JSONResponse({**keys[key], "key": key}, 201)

    def names(request):
        return services.JSONResponse(list(keys.values())) if services.who(request) else refused()

    def take_back(request):
        for entry in keys.values():
            if entry["id"] == request.path_params["key_id"] and services.who(request):
                entry["revoked"] = True
                return services.JSONResponse({"ok": True})
        return refused(404)

    return services.app(("GET", "/notes", listing), ("POST", "/notes", note), ("POST", "/api-keys", make),
                        ("GET", "/api-keys", names), ("DELETE", "/api-keys/{key_id}", take_back))  # fmt: skip


DESK = ["GET /notes", {"operation": "POST /notes", "body": {"text": "hello"}}, "GET /api-keys", "DELETE /api-keys/{key_id}"]
SCOPED = {"operation": "POST /api-keys", "body": {"label": "a script", "scope": "read"}}


@pytest.mark.parametrize(
    ("wrong", "probe", "observed"),
    [
        ("", "key-after-revocation", []),
        ("kept", "key-after-revocation", ["a key that was taken back is served as before"]),
        ("", "key-scope", []),
        ("scope", "key-scope", ["a key of scope 'read' does POST /notes"]),
    ],
)
def test_keys(wrong, probe, observed):
    with services.serving(desk(wrong)) as url:
        target = services.target(url, [*DESK, SCOPED], services.by_token("alice"))
        scan = services.scanned(target, probe, allow_changes=True)
    assert [finding.observed for finding in scan.findings] == observed, scan.coverage[probe]
    assert scan.coverage[probe].tried


@pytest.mark.parametrize(("wrong", "found"), [("assigned", ["POST /api-keys scope"]), ("", [])])
def test_a_scope_that_answers_show_is_not_taken(wrong, found):
    row = {"operation": "POST /api-keys", "body": {"label": "a script"}}
    with services.serving(desk(wrong)) as url:
        target = services.target(url, [*DESK, row], services.by_token("alice"))
        scan = services.scanned(target, "mass-assignment", allow_changes=True)
    assert [finding.location for finding in scan.findings] == found, scan.coverage["mass-assignment"]


@pytest.mark.parametrize(
    ("seconds", "observed"),
    [(None, ["medium: its tokens name no end (exp)"]), (900, []), (8_640_000, ["low: its tokens are valid for 100 days"])],
)
def test_tokens_have_an_end(monkeypatch, seconds, observed):
    monkeypatch.setenv("PASSWORD_ANN", "Correct-Horse-1")

    async def login(request):
        body = await request.json()
        if body.get("username") != "ann" or body.get("password") != "Correct-Horse-1":
            return refused()
        now = int(time.time())
        claims = {"sub": "ann", "iat": now} | ({} if seconds is None else {"exp": now + seconds})
        return services.JSONResponse({"token": jwt.encode(claims, SIGNING, "HS256")})

    def me(request):
        try:
            claims = jwt.decode(request.headers.get("authorization", "").partition(" ")[2], SIGNING, ["HS256"])
        except jwt.InvalidTokenError:
            return refused()
        return services.JSONResponse({"name": claims["sub"]})

    people = {"ann": {"username": "ann", "password_env": "PASSWORD_ANN"}}
    with services.serving(services.app(("POST", "/login", login), ("GET", "/me", me))) as url:
        target = services.target(url, ["GET /me"], people, {"operation": "POST /login", "token": "token"})
        scan = services.scanned(target, "token-lifetime")
    assert [f"{finding.severity}: {finding.observed}" for finding in scan.findings] == observed, scan.coverage["token-lifetime"]
    assert scan.coverage["token-lifetime"].tried == {"POST /login"}


@pytest.mark.parametrize(
    ("wrong", "found"), [("", False), ("unlimited", True), ("discarded", False), ("repeats", True), ("counts", False)]
)
def test_codes_are_not_guessed(wrong, found):
    tries = itertools.count(1)

    async def verify(request):
        number = next(tries)
        if wrong == "repeats":
            code = (await request.json())["code"]
            trace = f"check({code}) in <Codes object at {id(object()) + number * 4096:#x}>"
            return services.JSONResponse({"error": "wrong code", "trace": trace}, 400)
        if wrong == "counts":
            left = f"{8 - number} tries are left" if number <= 8 else "ask for a new code"
            return services.JSONResponse({"error": left}, 400)
        if number > 8 and wrong != "unlimited":
            return refused(429) if not wrong else services.JSONResponse({"error": "ask for a new code"}, 410)
        return services.JSONResponse({"error": "wrong code"}, 400)

    row = {"operation": "POST /reset/verify", "public": True, "body": {"email": "x@y.example", "code": "123456"}}
    with services.serving(services.app(("POST", "/reset/verify", verify))) as url:
        scan = services.scanned(services.target(url, [row], services.by_token("alice")), "code-guessing", allow_changes=True)
    assert [finding.location for finding in scan.findings] == ["POST /reset/verify body code"] * found
    assert scan.coverage["code-guessing"].tried == {"POST /reset/verify body code"}


@pytest.mark.parametrize(("wrong", "found"), [("race", ["POST /accounts/{account_id}/redeem"]), ("", []), ("falls", ["GET /me"])])
def test_what_may_be_done_once_is_done_once(wrong, found):
    accounts, redeemed, turn, numbers = set(), set(), threading.Lock(), itertools.count(1)
    together = threading.Semaphore(2)

    def make(request):
        number = next(numbers)
        accounts.add(number)
        return services.JSONResponse({"id": number}, 201)

    def redeem(request):
        number = int(request.path_params["account_id"])
        if number not in accounts:
            return refused(404)
        with turn:
            before = number in redeemed
            if not wrong:
                redeemed.add(number)
        if before:
            return refused(409)
        time.sleep(0.05 * bool(wrong))  # the work between the look and the note
        redeemed.add(number)
        return services.JSONResponse({"credited": 25}, 201)

    def me(request):
        if services.who(request) is None:
            return refused()
        if wrong == "falls":
            if not together.acquire(blocking=False):
                return services.JSONResponse({"error": "too much"}, 500)
            time.sleep(0.1)
            together.release()
        return services.JSONResponse({"name": services.who(request)})

    rows = ["POST /accounts", "POST /accounts/{account_id}/redeem", "GET /me"]
    routes = [("POST", "/accounts", make), ("POST", "/accounts/{account_id}/redeem", redeem), ("GET", "/me", me)]
    with services.serving(services.app(*routes)) as url:
        rows = rows[2:] if wrong == "falls" else rows
        scan = services.scanned(services.target(url, rows, services.by_token("alice")), "race", allow_changes=True)
    assert [finding.location for finding in scan.findings] == found, scan.coverage["race"]
    assert set(found) <= scan.coverage["race"].tried
