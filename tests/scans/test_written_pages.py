"""A name with markup is shown on the page of others, once whoever has it has written there."""

import html

import pytest
import services
from starlette.responses import HTMLResponse, JSONResponse

ROWS = [
    "GET /account",
    {"operation": "POST /account/nickname", "body": {"nickname": "Alma"}, "media": "application/x-www-form-urlencoded"},
    "GET /guests",
    {"operation": "POST /guests", "body": {"text": "A lovely day"}, "media": "application/x-www-form-urlencoded"},
]


class GuestBook:
    """Shows names as they are where ``weak``; the page of the account never does."""

    def __init__(self, *, weak):
        self.weak, self.nicknames, self.entries = weak, {}, []
        self.app = services.app(
            ("GET", "/account", self.account), ("POST", "/account/nickname", self.rename),
            ("GET", "/guests", self.book), ("POST", "/guests", self.write),
        )  # fmt: skip

    @staticmethod
    def page(text, status=200):
        return HTMLResponse(f"<html><body>{text}</body></html>", status)

    def account(self, request):
        name = services.who(request)
        return self.page(html.escape(self.nicknames.get(name, name))) if name else self.page("sign in", 401)

    async def rename(self, request):
        if not (name := services.who(request)):
            return self.page("sign in", 401)
        self.nicknames[name] = str((await request.form()).get("nickname"))
        return JSONResponse({"ok": True})

    def book(self, request):
        if not services.who(request):
            return self.page("sign in", 401)
        entries = "".join(f"<li>{name if self.weak else html.escape(name)}: {text}</li>" for name, text in self.entries[-20:])
        return self.page(f"<ul>{entries}</ul>")

    async def write(self, request):
        if not (name := services.who(request)):
            return self.page("sign in", 401)
        self.entries.append((self.nicknames.get(name, name), html.escape(str((await request.form()).get("text")))))
        return JSONResponse({"ok": True})


@pytest.mark.parametrize("weak", [True, False])
def test_a_name_is_no_markup_where_its_owner_has_written(monkeypatch, weak):
    monkeypatch.setenv("TOKEN_ALICE", services.SECRETS["alice"])
    with services.serving(GuestBook(weak=weak).app) as url:
        target = services.target(url, ROWS, services.by_token("alice"))
        scan = services.scanned(target, "stored-xss", allow_changes=True, seed=5)
    place = "POST /account/nickname body nickname"
    assert [finding.locations for finding in scan.findings] == ([(place, "GET /guests")] if weak else [])
    assert place in scan.coverage["stored-xss"].tried
