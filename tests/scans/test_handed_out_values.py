"""What an API hands out encoded and takes back: it is a good value where a made-up one is refused."""

import base64
import json
import pickle

import pytest
import services
from starlette.concurrency import run_in_threadpool

from SecurityLibrary.values.known_values import is_encoded


@pytest.mark.parametrize(("kind", "found"), [("pickle", True), ("json", False)])
def test_a_state_that_is_rebuilt(kind, found):
    packs = {"pickle": (pickle.dumps, pickle.loads), "json": (lambda view: json.dumps(view).encode(), json.loads)}
    pack, unpack = packs[kind]

    def current(_):
        return services.JSONResponse({"state": base64.b64encode(pack({"zoom": 9, "place": "harbour"})).decode()})

    def restore(state):
        try:
            view = unpack(base64.b64decode(state, validate=True))
        except Exception as error:  # a pickle fails in as many ways as there are objects
            return services.JSONResponse({"error": type(error).__name__}, 422)
        return services.JSONResponse({"restored": str(view)})

    async def taken(request):
        return await run_in_threadpool(restore, str((await request.json()).get("state")))

    rows = ["GET /views/current", {"operation": "POST /views/restore", "body": {"state": "text"}}]
    with services.serving(services.app(("GET", "/views/current", current), ("POST", "/views/restore", taken))) as url:
        scan = services.scanned(services.target(url, rows, timeout=12), "deserialization", allow_changes=True)
    assert [finding.location for finding in scan.findings] == ["POST /views/restore body state"] * found, scan.coverage["deserialization"]
    assert "POST /views/restore body state" in scan.coverage["deserialization"].tried


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (base64.b64encode(b'{"zoom": 9, "place": 4}').decode(), True),
        (base64.urlsafe_b64encode(pickle.dumps({"zoom": 9, "place": 4})).decode(), True),
        ("b3JkZXI6MTIzNDU2Nzg5", False),  # order:123456789
        ("550e8400-e29b-41d4-a716-446655440000", False),
        ("a short text", False),
        (9, False),
    ],
)
def test_what_is_encoded_is_told_from_identifiers(value, encoded):
    assert is_encoded(value) is encoded
