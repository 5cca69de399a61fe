"""A small archive of two tenants: documents with parts, shares, renewal of tokens, and a limit of sign-ins by address."""

import itertools
import re
import secrets
import xml.sax
import xml.sax.handler

from services import app, JSONResponse
from starlette.responses import Response

PASSWORDS = {"alice": "Correct-Horse-1", "bob": "Battery-Staple-2", "gus": "Purple-Heron-3"}
TENANTS = {"alice": "acme", "bob": "acme", "gus": "globex"}
LOGIN = {"operation": "POST /session", "token": "session.access", "refresh": "session.refresh"}
LIMIT = 12  # wrong passwords from one address
ROWS = [
    {"operation": "POST /session", "public": True, "body": {"username": "alice", "password": "x"}},
    {"operation": "POST /session/refresh", "public": True, "body": {"refresh": "x"}},
    "DELETE /session",
    "GET /me",
    {"operation": "POST /documents", "body": {"title": "Minutes"}},
    "GET /documents?tenant=acme",
    "GET /documents/{document_id}",
    "GET /documents/{document_id}/parts",
    "DELETE /folders/{folder_id}",
    {"operation": "POST /shares", "body": {"document_id": 1, "person": "gus"}},
    {"operation": "POST /import", "media": "application/xml", "body": "<a><title>Old</title><text>old notes</text></a>"},
    {"operation": "POST /contacts", "body": {"address": "ann@example.com"}},
]
SLOW, QUICK = re.compile(r"([a-z0-9]+[._-]?){1,7}@"), re.compile(r"[a-z0-9._-]{1,60}@")


class _Texts(xml.sax.handler.ContentHandler):
    def __init__(self):
        super().__init__()
        self.texts, self.now = {}, ""

    def startElement(self, name, _):  # noqa: N802  # SAX's name
        self.now = name
        self.texts.setdefault(name, "")

    def characters(self, content):
        self.texts[self.now] += content


def archive(*wrong):  # noqa: PLR0915  # one statement for each thing that may be wrong
    """``wrong`` names what is wrong."""
    access, renewals, tries, documents, numbers = {}, {}, {}, {}, itertools.count(1)
    for name in PASSWORDS:
        number = next(numbers)
        documents[number] = {"id": number, "owner": name, "title": f"Notes of {name}", "parts": [{"n": 1, "text": f"by {name}"}]}

    def refuse(status, message="refused"):
        return JSONResponse({"error": message}, status)

    def session(name):
        family = secrets.token_hex(8)
        tokens = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        access[tokens[0]], renewals[tokens[1]] = (name, family), (name, family)
        return JSONResponse({"session": {"access": tokens[0], "refresh": tokens[1]}})

    async def body_of(request):
        try:
            body = await request.json()
        except (ValueError, RecursionError):
            return {}
        return body if isinstance(body, dict) else {}

    async def enter(request):
        address, body = request.client.host, await body_of(request)
        if tries.get(address, 0) >= LIMIT:
            return refuse(429)
        if PASSWORDS.get(str(body.get("username"))) != body.get("password"):
            tries[address] = tries.get(address, 0) + 1
            known = "told" in wrong and body.get("username") in PASSWORDS
            return refuse(401, "wrong password" if known else "refused")
        return session(body["username"])

    async def renew(request):
        name, _ = renewals.get(str((await body_of(request)).get("refresh")), (None, None))
        return session(name) if name else refuse(401)

    def token_of(request):
        return request.headers.get("authorization", "").removeprefix("Bearer ")

    def leave(request, _, __):
        _, family = access[token_of(request)]
        for table in (access,) if "renewal" in wrong else (access, renewals):
            for token in [token for token, (_, kept) in table.items() if kept == family]:
                del table[token]
        return Response(status_code=204)

    def signed_in(work):
        async def wrapped(request):
            name, _ = access.get(token_of(request), (None, None))
            return work(request, name, await body_of(request)) if name else refuse(401)

        return wrapped

    def me(_, name, __):
        return JSONResponse({"username": name, "tenant": TENANTS[name]})

    def make(_, name, body):
        if not isinstance(body.get("title"), str):
            return refuse(422)
        number = next(numbers)
        documents[number] = {"id": number, "owner": name, "title": body["title"], "parts": []}
        return JSONResponse(documents[number], 201)

    def listing(request, name, _):
        tenant = request.query_params.get("tenant", TENANTS[name])
        if "tenant" not in wrong and tenant != TENANTS[name]:
            return refuse(403)
        owners = [user for user in PASSWORDS if TENANTS[user] == tenant and (user == name or TENANTS[name] != tenant)]
        return JSONResponse([document for document in documents.values() if document["owner"] in owners])

    def found(request, name, hole):
        number = request.path_params["document_id"]
        document = documents.get(int(number)) if number.isdecimal() else None
        return document if document and (document["owner"] == name or hole in wrong) else None

    def read(request, name, _):
        document = found(request, name, "read")
        return JSONResponse(document) if document else refuse(404)

    def parts(request, name, _):
        document = found(request, name, "parts")
        return JSONResponse(document["parts"]) if document else refuse(404)

    def share(_, name, body):
        document = documents.get(body.get("document_id")) if isinstance(body.get("document_id"), int) else None
        if document is None or (document["owner"] != name and "share" not in wrong):
            return refuse(404)
        return JSONResponse({"id": next(numbers), "by": name, "title": document["title"]}, 201)

    def remove(_, __, ___):
        return refuse(500)

    async def take(request):
        if token_of(request) not in access:
            return refuse(401)
        parser, handler = xml.sax.make_parser(), _Texts()
        parser.setFeature(xml.sax.handler.feature_external_ges, "xxe" in wrong)
        parser.setContentHandler(handler)
        try:
            parser.feed((await request.body()).decode())
            parser.close()
        except (xml.sax.SAXException, OSError, ValueError):
            return refuse(400)
        if len(handler.texts.get("title", "")) > 30:
            return refuse(400, "the title is too long")
        return JSONResponse(handler.texts, 201)

    def contact(_, __, body):
        address = body.get("address")
        if not isinstance(address, str) or len(address) > 60 or not (SLOW if "slow" in wrong else QUICK).match(address):
            return refuse(422)
        return JSONResponse({"made": True}, 201)

    async def override(request):
        header = request.headers.get("x-http-method-override", "")
        return await signed_in(me)(request) if "override" in wrong and header == "GET" else refuse(405)

    return app(
        ("POST", "/session", enter),
        ("POST", "/session/refresh", renew),
        ("DELETE", "/session", signed_in(leave)),
        ("GET", "/me", signed_in(me)),
        ("POST", "/me", override),
        ("POST", "/documents", signed_in(make)),
        ("GET", "/documents", signed_in(listing)),
        ("GET", "/documents/{document_id}", signed_in(read)),
        ("GET", "/documents/{document_id}/parts", signed_in(parts)),
        ("DELETE", "/folders/{folder_id}", signed_in(remove)),
        ("POST", "/shares", signed_in(share)),
        ("POST", "/import", take),
        ("POST", "/contacts", signed_in(contact)),
    )
