"""What an account has one of, such as a basket, is named by its profile or its sign-in: an object like any other."""

import pytest
import services

PEOPLE = services.by_token("alice", "bob")
BASKETS = {"alice": 71, "bob": 84}
ROWS = [
    {"operation": "GET /rest/whoami"},
    {"operation": "GET /rest/offers"},
    {"operation": "GET /rest/basket/{basketId}"},
]


@pytest.fixture(autouse=True)
def _tokens(monkeypatch):
    for name, secret in services.SECRETS.items():
        monkeypatch.setenv(f"TOKEN_{name.upper()}", secret)


def scanned(*, weak, naming):
    """The baskets of two people, of which each profile names the own one by ``naming``."""

    async def whoami(request):
        name = services.who(request)
        return services.JSONResponse({"data": {"name": name, **naming(BASKETS[name])}} if name else {}, 200 if name else 401)

    async def offers(_request):
        return services.JSONResponse([{"id": 5, "code": "PICNIC"}])

    async def basket(request):
        name, number = services.who(request), request.path_params["basketId"]
        owner = next((each for each, known in BASKETS.items() if str(known) == number), None)
        if not name:
            return services.JSONResponse({}, 401)
        if owner is None or (owner != name and not weak):
            return services.JSONResponse({}, 404)
        return services.JSONResponse({"id": BASKETS[owner], "street": f"{owner}'s lane 4", "items": ["jam"]})

    application = services.app(
        ("GET", "/rest/whoami", whoami), ("GET", "/rest/offers", offers), ("GET", "/rest/basket/{basketId}", basket)
    )
    with services.serving(application) as url:
        return services.scanned(services.target(url, ROWS, PEOPLE), "object-level", seed=3)


@pytest.mark.parametrize("weak", [True, False])
@pytest.mark.parametrize(
    "naming",
    [
        lambda number: {"basket": number},
        lambda number: {"basket_id": str(number)},
        lambda number: {"shop": {"basket": {"id": number, "items": 3}}},
    ],
)
def test_baskets_of_others_are_asked_for(weak, naming):
    scan = scanned(weak=weak, naming=naming)
    assert bool(scan.findings) is weak, scan.coverage
    assert "GET /rest/basket/{basketId}" in str(scan.coverage["object-level"].tried)


def test_a_profile_without_a_basket_names_none():
    scan = scanned(weak=True, naming=lambda number: {"basket_total": number, "baskets": [number]})
    assert not scan.findings
    assert "404" in str(scan.coverage["object-level"].open)


def test_a_body_names_the_basket_of_its_sender():
    """Its description has no example, and 1 is nobody's."""
    taken = []

    async def whoami(request):
        name = services.who(request)
        return services.JSONResponse({"basket": BASKETS[name]} if name else {}, 200 if name else 401)

    async def add(request):
        name, body = services.who(request), await request.json()
        good = name and BASKETS[name] == body.get("basketId")
        if good:
            taken.append(body)
        return services.JSONResponse(body if good else {}, 201 if good else 404 if name else 401)

    rows = [{"operation": "GET /rest/whoami"}, {"operation": "POST /rest/items", "body": {"basketId": 1, "text": "jam"}}]
    application = services.app(("GET", "/rest/whoami", whoami), ("POST", "/rest/items", add))
    with services.serving(application) as url:
        scan = services.scanned(services.target(url, rows, PEOPLE), "template-injection", allow_changes=True, seed=3)
    assert taken
    assert "POST /rest/items body text" in scan.coverage["template-injection"].tried
