"""A small service of accounts and hooks, sound or with what is named wrong."""

import itertools
import re
import secrets
import sqlite3
import threading
import urllib.request

from services import app
from starlette.responses import JSONResponse, RedirectResponse

PASSWORDS = {"ann@shop.test": "Correct-Horse-1", "ben@shop.test": "Battery-Staple-2", "spare@shop.test": "Spare-Wheel-3"}
LIMIT = 12
ROWS = [
    {"operation": "POST /login", "public": True, "body": {"user": "ann@shop.test", "password": "x", "next": "/"}},
    {"operation": "POST /forgot", "public": True, "body": {"email": "ann@shop.test"}},
    {
        "operation": "POST /register",
        "public": True,
        "body": {"email": "new@shop.test", "password": "Purple-Elephant-7", "passwordRepeat": "Purple-Elephant-7"},
    },
    "GET /me",
    {"operation": "PUT /me", "body": {"displayName": "Ann"}},
    "GET /namesakes",
    {"operation": "POST /hooks", "body": {"url": "https://example.com/a"}},
    "GET /hooks/{hook_id}",
    "POST /hooks/{hook_id}/test",
    {"operation": "GET /go?to=/me", "public": True},
    "GET /page?limit=10",
]
LOGIN = {"operation": "POST /login", "username": "user"}


def accounts(*wrong):  # noqa: PLR0915  # one statement for each thing that may be wrong
    """``wrong`` names what is wrong."""
    database = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
    database.executescript("CREATE TABLE users(user TEXT, password TEXT, name TEXT, plan TEXT)")
    for user, password in PASSWORDS.items():
        database.execute("INSERT INTO users VALUES (?, ?, ?, 'free')", (user, password, user.partition("@")[0]))
    turn, sessions, tries, hooks, numbers = threading.RLock(), {}, {}, {}, itertools.count(1)

    def ask(statement, *values):
        with turn:
            return database.execute(statement, values).fetchall()

    def matches(user, password):
        if "nosql" in wrong and isinstance(password, dict):
            known = next((right for name, right in PASSWORDS.items() if name == user), None)
            return {"$ne": known != password.get("$ne"), "$gt": True}.get(next(iter(password), ""), False) and [(user,)]
        if not isinstance(user, str) or not isinstance(password, str):
            return None
        if "sql" in wrong:
            try:
                return ask(f"SELECT user FROM users WHERE user = '{user}' AND password = '{password}'")
            except sqlite3.Error:
                return None
        return ask("SELECT user FROM users WHERE user = ? AND password = ?", user, password)

    async def login(request):
        try:
            body = await request.json()
            user, password = body["user"], body["password"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return JSONResponse({"error": "not valid"}, 422)
        tries[str(user)] = tries.get(str(user), 0) + 1
        limited = "unlimited" not in wrong and not ("strangers-unlimited" in wrong and user not in PASSWORDS)
        found = matches(user, password)
        if not found:
            return JSONResponse({"error": "refused"}, 429 if limited and tries[str(user)] > LIMIT else 401)
        tries[str(user)] = 0
        token = secrets.token_hex(16)
        sessions[token] = found[0][0]
        if "cookie" in wrong or "leads" in wrong:
            answer = RedirectResponse(str(body.get("next", "/")) if "leads" in wrong else "/", 303)
            answer.set_cookie("sid", token, httponly=True)
            return answer
        return JSONResponse({"access_token": token})

    def caller(request):
        token = request.headers.get("authorization", "").removeprefix("Bearer ") or request.cookies.get("sid", "")
        return sessions.get(token)

    def signed_in(work):
        async def wrapped(request):
            user = caller(request)
            if user is None:
                return JSONResponse({"error": "sign in"}, 401)
            try:
                body = (
                    await request.json()
                    if request.method in ("POST", "PUT") and int(request.headers.get("content-length", 0))
                    else {}
                )
            except (ValueError, RecursionError):
                return JSONResponse({"error": "not valid"}, 422)
            return work(request, user, body)

        return wrapped

    async def register(request):
        try:
            body = await request.json()
            email, password = str(body["email"]), body["password"]
            fits = isinstance(password, str) and body["passwordRepeat"] == password
        except (ValueError, KeyError, TypeError, RecursionError):
            return JSONResponse({"error": "not valid"}, 422)
        if not fits or ("weak" not in wrong and (len(password) < 12 or password.islower())):
            return JSONResponse({"error": "not valid"}, 422)
        if ask("SELECT user FROM users WHERE user = ?", email):
            return JSONResponse({"error": "there is such an account"}, 409)
        ask("INSERT INTO users VALUES (?, ?, 'new', 'free')", email, password)
        return JSONResponse({"made": True}, 201)

    async def forgot(request):
        try:
            email = (await request.json())["email"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return JSONResponse({"error": "not valid"}, 422)
        known = email in PASSWORDS if isinstance(email, str) else False
        if "tells" in wrong and not known:
            return JSONResponse({"error": "we do not know this address"}, 404)
        more = {"resetToken": secrets.token_hex(16)} if "hands-out" in wrong and known else {}
        return JSONResponse({"sent": True, **more}, 202)

    def me(_, user, __):
        name, plan = ask("SELECT name, plan FROM users WHERE user = ?", user)[0]
        return JSONResponse({"user": user, "displayName": name, "accountPlan": plan})

    def change(request, user, body):
        if not isinstance(body, dict) or not isinstance(body.get("displayName"), str):
            return JSONResponse({"error": "not valid"}, 422)
        ask("UPDATE users SET name = ? WHERE user = ?", body["displayName"], user)
        if "mass" in wrong and isinstance(body.get("accountPlan"), str):
            ask("UPDATE users SET plan = ? WHERE user = ?", body["accountPlan"], user)
        return me(request, user, body)

    def namesakes(_, user, __):
        name = ask("SELECT name FROM users WHERE user = ?", user)[0][0]
        if "stored" not in wrong:
            return JSONResponse({"names": [user for (user,) in ask("SELECT user FROM users WHERE name = ?", name)]})
        try:
            return JSONResponse({"names": [user for (user,) in ask(f"SELECT user FROM users WHERE name = '{name}'")]})
        except sqlite3.Error:
            return JSONResponse({"names": []})

    def hook(_, user, body):
        if not isinstance(body, dict) or not isinstance(body.get("url"), str):
            return JSONResponse({"error": "not valid"}, 422)
        number = next(numbers)
        hooks[number] = {"id": number, "owner": user, "url": body["url"]}
        return JSONResponse({"id": number}, 201)

    def hook_of(request, user):
        number = request.path_params["hook_id"]
        found = hooks.get(int(number)) if number.isdecimal() else None
        return found if found and found["owner"] == user else None

    def read(request, user, _):
        found = hook_of(request, user)
        return JSONResponse(found or {"error": "no such hook"}, 200 if found else 404)

    def test(request, user, _):
        found = hook_of(request, user)
        if found and "calls" in wrong and found["url"].startswith("http://127.0.0.1"):
            with urllib.request.urlopen(found["url"], timeout=2) as answer:
                return JSONResponse({"status": answer.status})
        return JSONResponse({"status": 0} if found else {"error": "no such hook"}, 200 if found else 404)

    def go(request):
        to = request.query_params.get("to", "/")
        own = re.fullmatch(r"/[\w-][\w/-]*", to) or ("half" in wrong and to.startswith("/"))
        return RedirectResponse(to if own else "/", 302)

    def page(request, _, __):
        limit = request.query_params.get("limit", "10")
        if not limit.isdecimal() or ("pages" not in wrong and "few" not in wrong and int(limit) > 100):
            return JSONResponse({"error": "not valid"}, 422)
        return JSONResponse({"items": list(range(min(int(limit), 1500 if "pages" in wrong else 20)))})

    return app(
        ("POST", "/login", login),
        ("POST", "/register", register),
        ("POST", "/forgot", forgot),
        ("GET", "/me", signed_in(me)),
        ("PUT", "/me", signed_in(change)),
        ("GET", "/namesakes", signed_in(namesakes)),
        ("POST", "/hooks", signed_in(hook)),
        ("GET", "/hooks/{hook_id}", signed_in(read)),
        ("POST", "/hooks/{hook_id}/test", signed_in(test)),
        ("GET", "/go", go),
        ("GET", "/page", signed_in(page)),
    )
