"""WebSockets that no description names: opened to other sites' pages, to anybody, and to neither."""

import secrets

import pytest
import services
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute

PASSWORD = "maple-Harbour-41"
SIGN_IN = {"operation": "POST /login", "token": {"cookie": "sid"}}
ROWS = [
    {"operation": "POST /login", "body": {"username": "x", "password": "y"}, "public": True},
    "GET /me",
]


class Chat:
    """``weak`` names what is wrong: "origin" or "anybody"."""

    def __init__(self, weak=""):
        self.weak, self.sessions = weak, set()
        routes = [Route("/login", self.login, methods=["POST"]), Route("/me", self.me)]
        self.app = Starlette(routes=[*routes, WebSocketRoute("/ws", self.socket)])

    async def login(self, request):
        body = await request.json()
        if (body.get("username"), body.get("password")) != ("ann", PASSWORD):
            return JSONResponse({"error": "refused"}, 401)
        self.sessions.add(sid := secrets.token_hex(16))
        answer = JSONResponse({"name": "ann"})
        answer.set_cookie("sid", sid, httponly=True, samesite=None if self.weak == "origin" else "lax")
        return answer

    async def me(self, request):
        known = request.cookies.get("sid") in self.sessions
        return JSONResponse({"name": "ann"}) if known else JSONResponse({"error": "sign in"}, 401)

    async def socket(self, socket):
        own = socket.headers.get("origin") == f"http://{socket.headers.get('host')}"
        known = socket.cookies.get("sid") in self.sessions
        if (own or self.weak == "origin") and (known or self.weak == "anybody"):
            await socket.accept()
        await socket.close(1008)


@pytest.mark.parametrize(
    ("weak", "severity", "notice"),
    [
        ("origin", "MEDIUM", "a WebSocket is opened to pages of https://evil.example with the session's cookie"),
        ("anybody", "LOW", "a WebSocket is opened to anybody"),
        ("", "", ""),
    ],
)
def test_sockets_are_opened_to_own_pages_of_who_is_signed_in(monkeypatch, weak, severity, notice):
    monkeypatch.setenv("PASSWORD_ANN", PASSWORD)
    people = {"ann": {"username": "ann", "password_env": "PASSWORD_ANN"}}
    with services.serving(Chat(weak).app) as url:
        scan = services.scanned(services.target(url, ROWS, people, SIGN_IN), "websockets", seed=5)
    assert [(each.severity.name, each.observed) for each in scan.findings] == ([(severity, notice)] if weak else [])
    assert scan.coverage["websockets"].tried == {"GET /ws"}
