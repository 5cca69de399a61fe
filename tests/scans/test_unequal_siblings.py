"""A removal that is open to everybody, beside operations that make and change the same and are for the staff alone."""

import pytest
import services

ROWS = [
    {"operation": "GET /menu", "public": True},
    {"operation": "PUT /menu", "body": {"name": "soup"}},
    {"operation": "PUT /menu/{item_id}", "body": {"name": "soup"}},
    {"operation": "DELETE /menu/{item_id}"},
]


def menu(removing, changing=("boss",)):
    """A menu; ``removing`` and ``changing`` are those who may."""
    items = {1: {"id": 1, "name": "bread"}}

    def refused(request, allowed):
        name = services.who(request)
        return None if name in allowed else services.JSONResponse({"detail": "no"}, 403 if name else 401)

    async def make(request):
        if answer := refused(request, changing):
            return answer
        number = max(items) + 1
        items[number] = {"id": number, "name": str((await request.json()).get("name"))}
        return services.JSONResponse(items[number], 201)

    async def item(request):
        number = int(request.path_params["item_id"])
        if answer := refused(request, changing if request.method == "PUT" else removing):
            return answer
        if number not in items:
            return services.JSONResponse({"detail": "not found"}, 404)
        if request.method == "DELETE":
            return services.Response(status_code=204, headers={"X-Gone": str(items.pop(number)["id"])})
        items[number]["name"] = str((await request.json()).get("name"))
        return services.JSONResponse(items[number])

    return services.app(
        ("GET", "/menu", lambda _: services.JSONResponse(list(items.values()))),
        ("PUT", "/menu", make),
        ("PUT", "/menu/{item_id:int}", item),
        ("DELETE", "/menu/{item_id:int}", item),
    )


@pytest.mark.parametrize(
    ("removing", "changing", "expected"),
    [
        (("alice", "bob", "boss"), ("boss",), ["DELETE /menu/{item_id}"]),
        (("boss",), ("boss",), []),
        (("alice", "bob", "boss"), ("alice", "bob", "boss"), []),
    ],
)
def test_a_removal_that_is_open_beside_siblings_that_are_not(monkeypatch, removing, changing, expected):
    for name, secret in services.SECRETS.items():
        monkeypatch.setenv(f"TOKEN_{name.upper()}", secret)
    identities = services.by_token("alice", "bob", "boss", boss={"role": "admin"})
    with services.serving(menu(removing, changing)) as url:
        scan = services.scanned(services.target(url, ROWS, identities), "function-level", allow_changes=True, seed=4)
    assert [place for finding in scan.findings for place in finding.locations] == expected, scan.coverage["function-level"]
    assert "DELETE /menu/{item_id} (what one may not change)" in scan.coverage["function-level"].tried
