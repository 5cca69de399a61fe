"""Small APIs about authentication and authorization; each weakness is switched on by name, without any the API is the fixed one."""

import base64
import hashlib
import hmac
import json
import threading
import time

import jwt
from services import app, who
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

KEY = "a-key-of-forty-characters-that-nobody-guesses"
PASSWORDS = {
    "alice@example.test": "Correct-Horse-1",
    "bob@example.test": "Battery-Staple-2",
    "spare@example.test": "Staple-Horse-3",
}


def orders(*wrong):
    """Orders of alice and bob; ``wrong`` names what is wrong."""
    kept = {}
    lock = threading.Lock()

    def caller(request):
        name = who(request)
        if name is None and "open" in wrong:
            return "alice"
        return name

    def refuse():
        return JSONResponse({"error": "sign in"}, 401)

    async def make(request):
        name = caller(request)
        if name is None:
            return refuse()
        try:
            body = await request.json()
            body["item"] = str(body["item"])
            str(body).encode()
        except (ValueError, KeyError, TypeError, RecursionError):
            return JSONResponse({"error": "not valid"}, 422)
        with lock:
            number = len(kept) + 1
            kept[number] = {
                "id": number,
                "owner": name,
                "item": str(body.get("item", "")),
                "status": "new",
                "secret_note": f"of {name}",
            }
            if "mass" in wrong:
                kept[number] |= {key: value for key, value in body.items() if key != "id"}
            return JSONResponse(kept[number], 201)

    def read(request):
        name = caller(request)
        if name is None:
            return JSONResponse({"status": "fail", "id": 0}) if "says-fail" in wrong else refuse()
        order = kept.get(int(request.path_params["order_id"]))
        if order is None or (order["owner"] != name and "bola" not in wrong):
            return JSONResponse({"error": "there is no such order"}, 404)
        return JSONResponse(order)

    def delete(request):
        name = caller(request)
        order = kept.get(int(request.path_params["order_id"]))
        if "no-effect" in wrong:
            if name is None or order is None or order["owner"] != name:
                return Response(status_code=204)
        elif name is None:
            return refuse()
        if order is None or (order["owner"] != name and "delete" not in wrong):
            return JSONResponse({"error": "there is no such order"}, 404)
        del kept[order["id"]]
        return Response(status_code=204)

    def settings(request):
        name = caller(request)
        if name is None:
            return refuse()
        if name != "boss" and "bfla" not in wrong:
            return JSONResponse({"error": "administrators only"}, 403)
        return JSONResponse({"mode": "normal", "retention_days": 30})

    def me(request):
        name = caller(request)
        if name is None:
            return refuse()
        more = {"password_hash": hashlib.md5(name.encode()).hexdigest()} if "excessive" in wrong else {}
        return JSONResponse({"name": name, **more})

    return app(
        ("POST", "/orders", make),
        ("GET", "/orders/{order_id:int}", read),
        ("DELETE", "/orders/{order_id:int}", delete),
        ("GET", "/admin/settings", settings),
        ("GET", "/me", me),
    )


ORDERS = [
    {"operation": "POST /orders", "body": {"item": "pen"}},
    "GET /orders/{order_id}",
    "DELETE /orders/{order_id}",
    "GET /admin/settings",
    "GET /me",
]


def tokens(*wrong):
    """Sign-in with JSON Web Tokens."""
    revoked, tries, sessions = set(), {}, {}
    key = "secret" if "weak" in wrong else "Marmalade" if "word" in wrong else KEY

    def issue(name, use="access"):
        claims = {
            "sub": name,
            "use": use,
            "exp": int(time.time()) + 600,
            "iat": int(time.time()),
            "jti": f"{time.time_ns()}",
            "iss": "shop",
            "aud": "shop-api",
        }
        return jwt.encode(claims, key, algorithm="HS256")

    def signed_in(request):
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if "cookie" in wrong and sessions.get(request.cookies.get("sid")):
            return {"sub": "alice"}
        if "in-url" in wrong:
            token = token or request.query_params.get("access_token", "")
        try:
            head = jwt.get_unverified_header(token)
            options = {
                "verify_exp": "expired" not in wrong,
                "verify_nbf": "early" not in wrong,
                "verify_aud": "foreign" not in wrong,
                "verify_iss": "foreign" not in wrong,
            }
            if "kid" in wrong and "kid" in head:
                with open("/dev/null" if "null" in head["kid"] else "/nowhere", "rb") as file:
                    text, _, signature = token.rpartition(".")
                    digest = hmac.new(file.read(), text.encode(), "sha256").digest()
                same = base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == signature
                return jwt.decode(token, options={"verify_signature": False}) if same else None
            if ("none" in wrong and str(head.get("alg")).lower() == "none") or "unchecked" in wrong:
                options["verify_signature"] = False
            claims = jwt.decode(token, key, algorithms=["HS256"], audience="shop-api", issuer="shop", options=options)
        except (jwt.PyJWTError, OSError, ValueError, TypeError):
            return None
        if claims.get("jti") in revoked or (claims.get("use") != "access" and "use" not in wrong):
            return None
        return claims

    async def login(request):
        try:
            body = dict(await request.json())
        except (ValueError, TypeError, RecursionError):
            return JSONResponse({"error": "not valid"}, 422)
        name, password = str(body.get("username")), str(body.get("password"))
        source = request.headers.get("x-forwarded-for", "") if "forwarded" in wrong else ""
        tries[name, source] = tries.get((name, source), 0) + 1
        if tries[name, source] > 12 and "unlimited" not in wrong and name not in PASSWORDS:
            return JSONResponse({"error": "too many tries"}, 429)
        if ("default" in wrong and (name, password) == ("admin", "admin")) or (
            "usual" in wrong and (name, password) == ("guest", "123456")
        ):
            return JSONResponse({"access_token": issue("admin"), "refresh_token": issue("admin", "refresh")})
        if name not in PASSWORDS and "told" in wrong:
            return JSONResponse({"error": "there is no such user"}, 404)
        if name in PASSWORDS or "quick" not in wrong:
            hashlib.scrypt(password.encode(), salt=b"salt", n=2**14, r=8, p=1)
        if PASSWORDS.get(name) != password:
            return JSONResponse({"error": "wrong name or password", **({"given": body} if "echo" in wrong else {})}, 401)
        answer = JSONResponse(
            {
                "access_token": issue(name),
                "refresh_token": issue(name, "refresh"),
                **({"mfa_required": True} if "mfa" in wrong else {}),
            }
        )
        if "cookie" in wrong:
            chosen = request.cookies.get("sid") or f"sid-{time.time_ns()}"
            sessions[chosen] = name
            answer.set_cookie("sid", chosen)
        return answer

    async def logout(request):
        claims = signed_in(request)
        if claims is None:
            return JSONResponse({"error": "sign in"}, 401)
        if "logout" not in wrong:
            revoked.add(claims.get("jti"))
        return JSONResponse({"message": "bye"})

    def guarded(name):
        def answer(request):
            claims = signed_in(request)
            return (
                JSONResponse({"error": "sign in"}, 401)
                if claims is None
                else JSONResponse({"page": name, "for": claims.get("sub")})
            )

        return answer

    return app(
        ("POST", "/login", login),
        ("POST", "/logout", logout),
        ("GET", "/profile", guarded("profile")),
        ("GET", "/orders", guarded("orders")),
    )


TOKENS = [
    {"operation": "POST /login", "body": {"username": "x", "password": "y"}, "public": True},
    "POST /logout",
    "GET /profile",
    "GET /orders",
]
LOGIN = {"operation": "POST /login", "token": "access_token", "refresh": "refresh_token"}


def edges(*wrong):
    """How an API behaves at its edges."""

    async def items(request):
        given = request.query_params.get("limit", "10")
        if not given.isascii() or not given.isdigit():
            return JSONResponse({"error": "not a number"}, 422, headers={"x-content-type-options": "nosniff"})
        limit = int(given)
        if limit > 200 and "pages" not in wrong:
            return JSONResponse({"error": "at most 200"}, 422)
        headers = {"x-content-type-options": "nosniff", "cache-control": "no-store"}
        if "headers" in wrong:
            headers = {}
        if "banner" in wrong:
            headers |= {"x-powered-by": "Express/4.17.1"}
        if "cors" in wrong and request.headers.get("origin"):
            headers |= {"access-control-allow-origin": request.headers["origin"], "access-control-allow-credentials": "true"}
        host = request.headers["host"] if "host" in wrong else "shop.example.com"
        more = {"owner_card": "4111 1111 1111 1111"} if "card" in wrong else {}
        return JSONResponse({"items": [1, 2], "limit": limit, "next": f"https://{host}/items?page=2", **more}, headers=headers)

    async def add(request):
        raw = await request.body()
        safe = {"x-content-type-options": "nosniff"}
        if len(raw) > 100_000 and "sizes" not in wrong:
            return JSONResponse({"error": "too long"}, 413, headers=safe)
        try:
            body = json.loads(raw)
            name = body["name"]
            if not isinstance(name, str) and "trace" not in wrong and "fails" not in wrong:
                raise ValueError
            number = len(name.encode("latin-1" if "fails" in wrong else "utf-8"))
        except Exception as error:
            if "trace" in wrong:
                return PlainTextResponse(
                    'Traceback (most recent call last):\n  File "/app/shop.py", line 12, in add\n' + repr(error),
                    400,
                    headers=safe,
                )
            return JSONResponse({"error": "not valid"}, 500 if "fails" in wrong else 422, headers=safe)
        return JSONResponse({"id": number}, headers=safe)

    async def anything(request):
        safe = {} if "headers" in wrong else {"x-content-type-options": "nosniff"}
        if request.method == "TRACE" and "trace-method" in wrong:
            return PlainTextResponse("\n".join(f"{name}: {value}" for name, value in request.headers.items()), headers=safe)
        if request.url.path == "/debug/vars" and "forgotten" in wrong:
            return JSONResponse({"threads": 4, "queue": []}, headers=safe)
        if "spa" in wrong:
            return HTMLResponse(
                "<html><div id=app></div></html>",
                headers={**safe, "content-security-policy": "default-src 'self'; frame-ancestors 'none'"},
            )
        return JSONResponse({"error": "there is no such path"}, 401 if "hides" in wrong else 404, headers=safe)

    from starlette.applications import Starlette
    from starlette.routing import Route

    every = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"]

    async def dispatch(request):
        if request.url.path == "/items" and request.method == "GET":
            return await items(request)
        if request.url.path == "/items" and request.method == "POST":
            return await add(request)
        return await anything(request)

    return Starlette(routes=[Route("/{path:path}", dispatch, methods=every)])


EDGES = ["GET /items?limit=10", {"operation": "POST /items", "body": {"name": "pen"}}]


def keys(*wrong):
    """Tokens that a private key signs, keys for programs, a password that can be changed."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = private.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    passwords, made, generation = dict(PASSWORDS), [], {"now": 1}

    def issue(name):
        claims = {"sub": name, "exp": int(time.time()) + 600, "generation": generation["now"], "jti": f"{time.time_ns()}"}
        return jwt.encode(claims, private, algorithm="RS256", headers={"kid": "1"})

    def signed_in(request):
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        text, _, signature = token.rpartition(".")
        try:
            if "confusion" in wrong and jwt.get_unverified_header(token)["alg"] == "HS256":
                same = (
                    base64.urlsafe_b64encode(hmac.new(public, text.encode(), "sha256").digest()).rstrip(b"=").decode()
                    == signature
                )
                return jwt.decode(token, options={"verify_signature": False}) if same else None
            claims = jwt.decode(token, public, algorithms=["RS256"])
        except (jwt.PyJWTError, KeyError):
            return None
        return claims if claims["generation"] == generation["now"] or "outlives" in wrong else None

    async def login(request):
        body = await request.json()
        name = str(body.get("username"))
        if passwords.get(name) != body.get("password"):
            return JSONResponse({"error": "wrong name or password"}, 401)
        return JSONResponse({"access_token": issue(name)})

    async def change(request):
        claims, body = signed_in(request), await request.json()
        if claims is None:
            return JSONResponse({"error": "sign in"}, 401)
        new = body.get("new_password")
        if passwords[claims["sub"]] != body.get("current_password") or not isinstance(new, str):
            return JSONResponse({"error": "not right"}, 400)
        if "weak" not in wrong and (len(new) < 12 or new.islower()):
            return JSONResponse({"error": "too weak"}, 422)
        passwords[claims["sub"]] = new
        generation["now"] += 1
        return JSONResponse({"message": "changed"})

    async def make(request):
        if signed_in(request) is None:
            return JSONResponse({"error": "sign in"}, 401)
        made.append(f"sk-test-{len(made)}-{time.time_ns()}")
        return JSONResponse({"id": len(made), "key": made[-1]})

    def listing(request):
        if signed_in(request) is None:
            return JSONResponse({"error": "sign in"}, 401)
        return JSONResponse({"keys": [answer if "shown" in wrong else f"...{answer[-4:]}" for answer in made]})

    def me(request):
        claims = signed_in(request)
        if claims is None:
            return JSONResponse({"error": "sign in"}, 401)
        more = {"debug": passwords[claims["sub"]]} if "tells" in wrong else {}
        return JSONResponse({"name": claims["sub"], **more, **({"age": "young"} if "undocumented" in wrong else {"age": 30})})

    def jwks(request):
        from jwt.algorithms import RSAAlgorithm

        return JSONResponse({"keys": [{**json.loads(RSAAlgorithm.to_jwk(private.public_key())), "kid": "1", "alg": "RS256"}]})

    return app(("POST", "/login", login), ("POST", "/password", change), ("POST", "/keys", make), ("GET", "/keys", listing),
               ("GET", "/me", me), ("GET", "/.well-known/jwks.json", jwks))  # fmt: skip


KEYS = [
    {"operation": "POST /login", "body": {"username": "x", "password": "y"}, "public": True},
    {"operation": "POST /password", "body": {"current_password": "x", "new_password": "y"}},
    {"operation": "POST /keys", "body": {"name": "a"}}, "GET /keys",
]  # fmt: skip
KEYS_DOCUMENT = {
    "openapi": "3.0.0",
    "paths": {"/me": {"get": {"responses": {"200": {"content": {"application/json": {"schema": {
        "type": "object", "required": ["name", "age"], "properties": {"age": {"type": "integer"}}}}}}}}}},
}  # fmt: skip
