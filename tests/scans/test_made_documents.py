"""Documents that are made of texts, addresses that are called as nothing of the kind, and files with the name of another's."""

import re
import urllib.request

import pytest
import services
from starlette.responses import JSONResponse, PlainTextResponse

ROWS = {
    "invoice": {"operation": "POST /invoices", "body": {"note": "Thank you"}},
    "origin": {"operation": "POST /parcels", "body": {"contents": "books", "origin": "Oslo"}},
    "attach": {"operation": "POST /attachments", "media": "multipart/form-data", "body": {"file": "hello"}},
    "attached": "GET /attachments/{name}",
}
PICTURE = re.compile(r"""<img src="(http://127[^"]+)">""")


class Office:
    """``weak`` names what is wrong: "pictures", "origin" or "names"."""

    def __init__(self, weak=""):
        self.weak, self.files = weak, {}
        self.app = services.app(
            ("POST", "/invoices", self.invoice), ("POST", "/parcels", self.parcel),
            ("POST", "/attachments", self.attach), ("GET", "/attachments/{name}", self.attached),
        )  # fmt: skip

    @staticmethod
    def fetch(address):
        try:
            urllib.request.urlopen(address, timeout=2).close()
        except OSError:
            return

    async def invoice(self, request):
        if not services.who(request):
            return JSONResponse({"error": "sign in"}, 401)
        note = str((await request.json()).get("note"))
        for address in PICTURE.findall(note) if self.weak == "pictures" else ():
            self.fetch(address)
        return JSONResponse({"made": True}, 201)

    async def parcel(self, request):
        if not services.who(request):
            return JSONResponse({"error": "sign in"}, 401)
        origin = str((await request.json()).get("origin"))
        if self.weak == "origin" and origin.startswith("http://127"):
            self.fetch(origin)
        return JSONResponse({"made": True}, 201)

    async def attach(self, request):
        if not (name := services.who(request)):
            return JSONResponse({"error": "sign in"}, 401)
        upload = (await request.form()).get("file")
        if not hasattr(upload, "read"):
            return JSONResponse({"error": "no file"}, 400)
        own = upload.filename if self.weak == "names" else f"{name}-{upload.filename}"
        self.files[own] = await upload.read()
        return JSONResponse({"name": own}, 201)

    def attached(self, request):
        if not services.who(request):
            return JSONResponse({"error": "sign in"}, 401)
        content = self.files.get(request.path_params["name"])
        return JSONResponse({"error": "not found"}, 404) if content is None else PlainTextResponse(
            content.decode(errors="replace"), headers={"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}
        )  # fmt: skip


@pytest.mark.parametrize(
    ("weak", "probe", "rows", "expected"),
    [
        ("pictures", "ssrf", ("invoice",), ("HIGH", "POST /invoices body note")),
        ("origin", "ssrf", ("origin",), ("HIGH", "POST /parcels body origin")),
        ("names", "file-upload", ("attach", "attached"), ("MEDIUM", "POST /attachments body file")),
    ],
)
def test_texts_fetch_nothing_and_names_are_ones_own(monkeypatch, weak, probe, rows, expected):
    for name in ("alice", "bob"):
        monkeypatch.setenv(f"TOKEN_{name.upper()}", services.SECRETS[name])
    for kind in (weak, ""):
        with services.serving(Office(kind).app) as url:
            known = services.target(url, [ROWS[row] for row in rows], services.by_token("alice", "bob"))
            scan = services.scanned(known, probe, allow_changes=True, seed=5)
        found = [(finding.severity.name, finding.locations[0]) for finding in scan.findings]
        assert found == ([expected] if kind else []), scan.coverage[probe]
