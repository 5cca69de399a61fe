"""A signed link opens what it was made for, and nothing else."""

import hashlib
import hmac
import itertools
import time

import pytest
import services

KEY = b"a key of the service alone"
PEOPLE = services.by_token("alice", "bob")


@pytest.fixture(autouse=True)
def _tokens(monkeypatch):
    for name, secret in services.SECRETS.items():
        monkeypatch.setenv(f"TOKEN_{name.upper()}", secret)


@pytest.mark.parametrize("inside", ["path", "query"])
@pytest.mark.parametrize("wrong", ["its end alone", "its owner alone", ""])
def test_a_link_is_bound_to_its_object(inside, wrong):
    hours, photos = itertools.count(1), {"7": "alice", "8": "bob"}

    def signature(photo, end):
        signed = {"its end alone": end, "its owner alone": len(photo)}.get(wrong, f"{photo}:{end}")
        return hmac.new(KEY, str(signed).encode(), hashlib.sha256).hexdigest()

    def share(request):
        photo = next((photo for photo, owner in photos.items() if owner == services.who(request)), None)
        if photo is None:
            return services.JSONResponse({"error": "sign in"}, 401)
        end = int(time.time()) + 3600 * next(hours)
        place = f"/shared/{photo}?" if inside == "path" else f"/shared/photo?photo={photo}&"
        return services.JSONResponse({"url": f"{place}until={end}&sig={signature(photo, end)}"}, 201)

    def shared(request):
        query = request.query_params
        photo = query.get("photo", request.path_params["photo"])
        end, given = query.get("until", "0"), query.get("sig", "")
        if photo not in photos or not end.isdigit() or int(end) < time.time() or given != signature(photo, int(end)):
            return services.JSONResponse({"error": "this link is not valid"}, 403)
        return services.PlainTextResponse(f"the photo of {photos[photo]}")

    application = services.app(("POST", "/links", share), ("GET", "/shared/{photo}", shared))
    with services.serving(application) as url:
        shop = services.target(url, [{"operation": "POST /links", "body": {"hours": 1}}], PEOPLE)
        scan = services.scanned(shop, "signed-links", allow_changes=True, seed=3)
    observed = {finding.observed.partition(" of GET")[0] for finding in scan.findings}
    if wrong == "its end alone":
        assert observed == {"the link is served with the signature"}, scan.coverage["signed-links"]
    elif wrong:  # an end that is not signed is found first
        assert observed == {"the link is served with a later end"}, scan.coverage["signed-links"]
    else:
        assert observed == set()
    assert scan.coverage["signed-links"].tried


def test_links_to_different_objects_have_different_signatures():
    def share(request):
        photo = {"alice": "7", "bob": "8"}.get(services.who(request), "9")
        return services.JSONResponse({"url": f"/shared/{photo}?sig={hashlib.sha256(KEY).hexdigest()}"})

    def shared(request):
        right = request.query_params.get("sig") == hashlib.sha256(KEY).hexdigest()
        return services.PlainTextResponse(f"photo {request.path_params['photo']}", 200 if right else 403)

    application = services.app(("GET", "/link", share), ("GET", "/shared/{photo}", shared))
    with services.serving(application) as url:
        scan = services.scanned(services.target(url, ["GET /link"], PEOPLE), "signed-links", seed=3)
    assert {finding.observed for finding in scan.findings} == {
        "it has the signature of GET /shared/8, which opens something else",
        "it has the signature of GET /shared/7, which opens something else",
    }
