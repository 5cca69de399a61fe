"""What was removed, or is not shared any more: documents, their links, and those with whom they were shared."""

import itertools

import pytest
import services
from starlette.responses import JSONResponse, PlainTextResponse

ROWS = [
    {"operation": "POST /documents", "body": {"title": "Plan", "text": "Meet at nine."}},
    "GET /documents",
    "GET /documents/{document_id}",
    "DELETE /documents/{document_id}",
    {"operation": "POST /documents/{document_id}/links", "body": {"label": "for the printer"}},
    "DELETE /documents/{document_id}/links/{link_id}",
    {"operation": "GET /shared/{token}", "public": True},
    {"operation": "POST /documents/{document_id}/readers", "body": {"user": "carol"}},
    "DELETE /documents/{document_id}/readers/{user}",
    "GET /prints?state=pending",
]
REFUSED = JSONResponse({"error": "not found"}, 404)


class Documents:
    """``weak`` names what is still served: "document", "link" or "reader"."""

    def __init__(self, weak=""):
        self.weak, self.numbers, self.kept, self.links = weak, itertools.count(41), {}, {}
        self.app = services.app(
            ("POST", "/documents", self.add), ("GET", "/documents", self.listed), ("GET", "/documents/{number}", self.document),
            ("DELETE", "/documents/{number}", self.remove), ("POST", "/documents/{number}/links", self.link),
            ("DELETE", "/documents/{number}/links/{link}", self.unlink), ("GET", "/shared/{token}", self.shared),
            ("POST", "/documents/{number}/readers", self.share), ("DELETE", "/documents/{number}/readers/{user}", self.unshare),
            ("GET", "/prints", self.prints),
        )  # fmt: skip

    def own(self, request):
        found = self.kept.get(request.path_params["number"])
        return found if found and found["owner"] == services.who(request) and not found["gone"] else None

    async def add(self, request):
        if not (name := services.who(request)):
            return JSONResponse({"error": "sign in"}, 401)
        number, body = str(next(self.numbers)), await request.json()
        self.kept[number] = {"id": number, "owner": name, "title": str(body.get("title")), "readers": [], "gone": False}
        return JSONResponse({"id": number, "title": str(body.get("title")), "state": "pending"}, 201)

    @staticmethod
    def prints(request):
        """What is printed has states of the same names, and nothing to do with a document."""
        if not services.who(request):
            return JSONResponse({"error": "sign in"}, 401)
        known = request.query_params.get("state") in ("pending", "printed")
        return JSONResponse({"prints": []} if known else {"error": "there is no such state"}, 200 if known else 422)

    def listed(self, request):
        if not (name := services.who(request)):
            return JSONResponse({"error": "sign in"}, 401)
        return JSONResponse([{"id": each["id"]} for each in self.kept.values() if each["owner"] == name and not each["gone"]])

    def document(self, request):
        found, name = self.kept.get(request.path_params["number"]), services.who(request)
        if not found or (found["gone"] and self.weak != "document") or name not in (found["owner"], *found["readers"]):
            return REFUSED if name else JSONResponse({"error": "sign in"}, 401)
        return JSONResponse({"id": found["id"], "title": found["title"]})

    def remove(self, request):
        if not (found := self.own(request)):
            return REFUSED
        found["gone"] = True
        return JSONResponse({}, 200)

    def link(self, request):
        if not (found := self.own(request)):
            return REFUSED
        number = str(next(self.numbers))
        self.links[number] = {"document": found["id"], "token": f"t{number}x{hash(number) % 10**9}", "live": True}
        return JSONResponse({"id": number, "token": self.links[number]["token"]}, 201)

    def unlink(self, request):
        if not self.own(request) or not (link := self.links.get(request.path_params["link"])):
            return REFUSED
        link["live"] = False
        return JSONResponse({}, 200)

    def shared(self, request):
        link = next((each for each in self.links.values() if each["token"] == request.path_params["token"]), None)
        if link is None or not (link["live"] or self.weak == "link"):
            return REFUSED
        return PlainTextResponse(self.kept[link["document"]]["title"])

    async def share(self, request):
        if not (found := self.own(request)):
            return REFUSED
        user = (await request.json()).get("user")
        if user not in services.SECRETS:
            return JSONResponse({"error": "nobody is called so"}, 404)
        found["readers"].append(user)
        return JSONResponse({"user": user}, 201)

    def unshare(self, request):
        if not (found := self.own(request)) or request.path_params["user"] not in found["readers"]:
            return REFUSED
        if self.weak != "reader":
            found["readers"].remove(request.path_params["user"])
        return JSONResponse({}, 200)


@pytest.mark.parametrize(
    ("weak", "expected"),
    [
        ("document", [("LOW", "DELETE /documents/{document_id}")]),
        ("link", [("MEDIUM", "DELETE /documents/{document_id}/links/{link_id}")]),
        ("reader", [("MEDIUM", "DELETE /documents/{document_id}/readers/{user}")]),
        ("", []),
    ],
)
def test_what_is_taken_back_is_served_to_nobody(monkeypatch, weak, expected):
    for name in ("alice", "bob"):
        monkeypatch.setenv(f"TOKEN_{name.upper()}", services.SECRETS[name])
    with services.serving(Documents(weak).app) as url:
        scan = services.scanned(
            services.target(url, ROWS, services.by_token("alice", "bob")), "after-removal", allow_changes=True, seed=5
        )
    found = [(finding.severity.name, finding.locations[0]) for finding in scan.findings]
    assert found == expected, scan.coverage["after-removal"]
    assert len(scan.coverage["after-removal"].tried) >= 2, scan.coverage["after-removal"]
