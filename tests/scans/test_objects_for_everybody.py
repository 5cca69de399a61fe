"""What an object says to be public everybody may read; what is not, only its owner."""

import pytest
import services

PEOPLE = services.by_token("alice", "bob")
ROWS = [
    {"operation": "POST /pastes", "body": {"title": "List", "content": "leek, barley", "public": True}},
    {"operation": "POST /pastes/show", "body": {"paste_id": "1"}},
    {"operation": "GET /pastes/{paste_id}"},
]


@pytest.fixture(autouse=True)
def _tokens(monkeypatch):
    for name, secret in services.SECRETS.items():
        monkeypatch.setenv(f"TOKEN_{name.upper()}", secret)


@pytest.mark.parametrize("flag", ["public", "isPublic"])
@pytest.mark.parametrize("weak", [True, False])
def test_private_objects_alone_are_looked_for(weak, flag):
    pastes = {}

    async def add(request):
        name, body = services.who(request), await request.json()
        if not name:
            return services.JSONResponse({}, 401)
        number = str(len(pastes) + 100)
        pastes[number] = {"id": number, "owner": name, "title": body.get("title"), flag: body.get(flag, False)}
        return services.JSONResponse(pastes[number], 201)

    def served(name, number):
        paste = pastes.get(number)
        if not name:
            return services.JSONResponse({}, 401)
        readable = paste and (paste[flag] or paste["owner"] == name or weak)
        return services.JSONResponse(paste) if readable else services.JSONResponse({}, 404)

    async def shown_by_body(request):
        return served(services.who(request), str((await request.json()).get("paste_id")))

    async def read(request):
        paste = pastes.get(request.path_params["paste_id"])
        open_to_all = paste and paste[flag]
        return served(services.who(request), request.path_params["paste_id"]) if open_to_all else services.JSONResponse({}, 404)

    rows = [
        {**row, "body": {flag if key == "public" else key: value for key, value in row["body"].items()}} if "body" in row else row
        for row in ROWS
    ]
    application = services.app(("POST", "/pastes", add), ("POST", "/pastes/show", shown_by_body), ("GET", "/pastes/{paste_id}", read))
    with services.serving(application) as url:
        scan = services.scanned(services.target(url, rows, PEOPLE), "object-level", allow_changes=True, seed=3)
    places = [finding.location for finding in scan.findings]
    assert places == (["POST /pastes/show body paste_id"] if weak else []), scan.coverage
