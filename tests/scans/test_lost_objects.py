"""Objects of the description that an attack has given away: another one is made in their place."""

import contextlib
import itertools
import urllib.request
from urllib.parse import urlsplit

import pytest
import services

TRACKERS = "trackers.example"


@pytest.mark.parametrize("compared", ["beginning", "host"])
def test_a_described_object_that_was_given_away_is_replaced(monkeypatch, compared):
    for name in ("alice", "bob"):
        monkeypatch.setenv(f"TOKEN_{name.upper()}", services.SECRETS[name])
    parcels, numbers = {1: "alice", 2: "bob"}, itertools.count(30)

    def mine(request):
        return parcels.get(request.path_params["parcel"]) == services.who(request)

    def missing():
        return services.JSONResponse({"error": "there is no such parcel"}, 404)

    async def make(request):
        number = next(numbers)
        parcels[number] = services.who(request)
        return services.JSONResponse({"id": number}, 201)

    async def give(request):
        if not mine(request):
            return missing()
        parcels[request.path_params["parcel"]] = "bob"
        return services.JSONResponse({"given": True})

    async def track(request):
        if not mine(request):
            return missing()
        link = (await request.json()).get("url")
        good = isinstance(link, str) and link.startswith(f"http://{TRACKERS}")
        if not good or (compared == "host" and urlsplit(link).hostname != TRACKERS):
            return services.JSONResponse({"error": f"expected an address of {TRACKERS}"}, 422)
        parts = urlsplit(link)
        if parts.hostname == "127.0.0.1":
            with contextlib.suppress(OSError, ValueError):
                plain = f"http://{parts.netloc.rpartition('@')[2]}{parts.path}"
                urllib.request.build_opener(urllib.request.ProxyHandler({})).open(plain, timeout=2).read()
        return services.JSONResponse({"state": "read"})

    application = services.app(
        ("POST", "/parcels", make), ("POST", "/parcels/{parcel:int}/tracker", track), ("POST", "/parcels/{parcel:int}/gift", give)
    )  # fmt: skip
    rows = [
        {"operation": "POST /parcels", "body": {"cargo": "tea"}},
        {"operation": "POST /parcels/{parcel}/tracker", "body": {"url": f"http://{TRACKERS}/v1/7"}},
        {"operation": "POST /parcels/{parcel}/gift", "body": {"link": "for you"}},
    ]
    people = services.by_token("alice", "bob", alice={"values": {"parcel": 1}}, bob={"values": {"parcel": 2}})
    with services.serving(application) as url:
        scan = services.scanned(services.target(url, rows, people), "ssrf", allow_changes=True)
    found = [finding.location for finding in scan.findings]
    assert found == (["POST /parcels/{parcel}/tracker body url"] if compared == "beginning" else []), scan.coverage["ssrf"]
    assert parcels[1] == "bob"
