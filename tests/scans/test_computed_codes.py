"""What anybody computes or exchanges: codes of invitations, keys of messages, tokens of calendars; and objects by global names."""

import base64
import hashlib
import hmac
import json
import re
import secrets
import time

import pytest
import services
from starlette.responses import PlainTextResponse

PEOPLE = {"alice": "north", "bob": "south"}
IDENTITIES = services.by_token(*PEOPLE, **{name: {"tenant": tenant, "username": name} for name, tenant in PEOPLE.items()})
ROWS = {
    "invite": {"operation": "POST /invitations", "body": {"email": "guest@mail.example"}},
    "me": "GET /me",
    "feed": "GET /feeds/{name}.ics?token=none",
    "hook": {
        "operation": "POST /hooks/payments",
        "header": {"X-Signature": "none"},
        "body": {"provider": "paymaster", "event": "paid", "bill": "b1"},
        "public": True,
    },
    "notes": {"operation": "POST /graphql#notes", "body": {"query": "{notes {id nodeId text}}"}},
    "node": {
        "operation": "POST /graphql#node",
        "body": {"query": "query($id: ID!) {node(id: $id) {nodeId text}}", "variables": {"id": "TmVlZDoxMDA="}},
    },
}


class House:
    """``wrong`` names what is wrong."""

    def __init__(self, *wrong):
        self.wrong, self.keys = wrong, {"paymaster": secrets.token_hex(16)}
        self.feeds = {name: secrets.token_urlsafe(12) for name in PEOPLE}
        self.notes = {str(number): (name, f"door code of {name}") for number, name in enumerate(PEOPLE, 1)}
        self.app = services.app(
            ("POST", "/invitations", self.invite), ("GET", "/me", self.me), ("GET", "/feeds/{name}.ics", self.feed),
            ("POST", "/hooks/payments", self.hook), ("POST", "/graphql", self.graphql),
        )  # fmt: skip

    async def invite(self, request):
        email = str((await request.json()).get("email"))
        code = secrets.token_hex(12)
        if "mail" in self.wrong:
            code = hashlib.sha1(email.encode()).hexdigest()[:10]
        elif "time" in self.wrong:
            code = hashlib.md5(str(int(time.time())).encode()).hexdigest()
        return services.JSONResponse({"email": email, "code": code}, 201 if services.who(request) else 401)

    def me(self, request):
        name = services.who(request)
        if name is None:
            return services.JSONResponse({"error": "sign in"}, 401)
        return services.JSONResponse({"username": name, "calendar": f"/feeds/{name}.ics?token={self.feeds[name]}"})

    def feed(self, request):
        name, token = request.path_params["name"], request.query_params.get("token", "")
        allowed = self.feeds.values() if "feed" in self.wrong else [self.feeds.get(name)]
        owner = name
        if "by token" in self.wrong:  # the path says nothing: each token opens its owner's alone
            owner = next((each for each, kept in self.feeds.items() if kept == token), None)
            allowed = self.feeds.values()
        if name not in self.feeds or token not in allowed:
            return services.JSONResponse({"error": "not valid"}, 403)
        return PlainTextResponse(f"BEGIN:VCALENDAR\nSUMMARY:meeting of {owner}\nEND:VCALENDAR\n", media_type="text/calendar")

    async def hook(self, request):
        content = await request.body()
        key = self.keys.get(json.loads(content).get("provider"))
        if key is None and "empty" not in self.wrong:
            return services.JSONResponse({"error": "not signed"}, 401)
        signature = hmac.new((key or "").encode(), content, "sha256").hexdigest()
        if request.headers.get("x-signature") != signature:
            return services.JSONResponse({"error": "not signed"}, 401)
        return services.JSONResponse({"error": "no such bill"}, 404)

    async def graphql(self, request):
        body, name = await request.json(), services.who(request)
        field = re.search(r"\{\s*(\w+)", str(body.get("query")))
        found = getattr(self, f"resolve_{field[1]}", lambda *_: None)(name, (body.get("variables") or {}).get("id")) if field else None
        if name is None or found is None:
            return services.JSONResponse({"errors": [{"message": "refused"}], "data": None})
        return services.JSONResponse({"data": {field[1]: found}})

    @staticmethod
    def as_item(number, text):
        return {"id": number, "nodeId": base64.b64encode(f"Note:{number}".encode()).decode(), "text": text}

    def resolve_notes(self, name, _):
        return [self.as_item(number, text) for number, (owner, text) in self.notes.items() if owner == name]

    def resolve_node(self, name, identifier):
        items = ((owner, self.as_item(number, text)) for number, (owner, text) in self.notes.items())
        return next((item for owner, item in items if item["nodeId"] == identifier and (owner == name or "node" in self.wrong)), None)


@pytest.mark.parametrize(
    ("probe", "wrong", "rows", "location"),
    [
        ("guessable-tokens", "mail", ("invite",), "POST /invitations"),
        ("guessable-tokens", "time", ("invite",), "POST /invitations"),
        ("signed-links", "feed", ("me", "feed"), "GET /feeds/{name}.ics"),
        ("signed-links", "by token", ("me", "feed"), None),
        ("webhook-signature", "empty", ("hook",), "POST /hooks/payments"),
        ("tenant-level", "node", ("notes", "node"), "POST /graphql#node body variables.id"),
    ],
)
def test_what_anybody_computes_or_exchanges(monkeypatch, probe, wrong, rows, location):
    for name in PEOPLE:
        monkeypatch.setenv(f"TOKEN_{name.upper()}", services.SECRETS[name])
    for house in (House(wrong), House()):
        with services.serving(house.app) as url:
            scan = services.scanned(services.target(url, [ROWS[row] for row in rows], IDENTITIES), probe, allow_changes=True, seed=5)
        found = [finding.location for finding in scan.findings]
        assert found == ([location] if house.wrong and location else []), scan.coverage[probe]
        assert scan.coverage[probe].tried
