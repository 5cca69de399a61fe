"""Bodies that name several objects, of which a system may look at the first one alone."""

import itertools

import pytest
import services


@pytest.fixture(autouse=True)
def _tokens(monkeypatch):
    for name, secret in services.SECRETS.items():
        monkeypatch.setenv(f"TOKEN_{name.upper()}", secret)


def refused(status=401):
    return services.JSONResponse({"error": "refused"}, status)


class Garden:
    """Beds of gardeners, several of which are watered at once; ``looked`` says at whose it is looked before."""

    def __init__(self, looked):
        self.looked, self.beds, self.numbers = looked, {}, itertools.count(11)

    async def dig(self, request):
        if (caller := services.who(request)) is None:
            return refused()
        number = next(self.numbers)
        self.beds[number] = {"id": number, "plant": (await request.json())["plant"], "watered": 0, "gardener": caller}
        return services.JSONResponse(self.beds[number], 201)

    def own(self, request):
        if (caller := services.who(request)) is None:
            return refused()
        return services.JSONResponse({"beds": [bed for bed in self.beds.values() if bed["gardener"] == caller]})

    async def water(self, request):
        if (caller := services.who(request)) is None:
            return refused()
        given = await request.json()
        numbers = [bed["bedId"] for bed in given["round"]["stops"]] if "round" in given else given["bedIds"]
        beds = [self.beds.get(number) for number in numbers]
        mine = [bed is not None and bed["gardener"] == caller for bed in beds]
        good = {"first": mine[0] and None not in beds, "any": any(mine), "each": all(mine), "own alone": any(mine)}[self.looked]
        if not good:
            return refused(403)
        for bed, is_mine in zip(beds, mine, strict=True):
            if bed is not None and (is_mine or self.looked != "own alone"):
                bed["watered"] += 1
        return services.JSONResponse({"done": True})


BODIES = {"objects": {"round": {"stops": [{"bedId": 1, "litres": 5}]}}, "identifiers": {"bedIds": [1]}}


@pytest.mark.parametrize("kind", ["objects", "identifiers"])
@pytest.mark.parametrize(("looked", "found"), [("first", True), ("any", True), ("each", False), ("own alone", False)])
def test_each_of_several_objects_has_to_be_ones_own(looked, found, kind):
    garden = Garden(looked)
    application = services.app(("POST", "/beds", garden.dig), ("GET", "/beds", garden.own), ("POST", "/waterings", garden.water))
    rows = [
        {"operation": "POST /beds", "body": {"plant": "beans"}},
        "GET /beds",
        {"operation": "POST /waterings", "body": BODIES[kind]},
    ]
    with services.serving(application) as url:
        target = services.target(url, rows, services.by_token("alice", "bob"))
        scan = services.scanned(target, "object-level", allow_changes=True)
    place = "round.stops[].bedId" if kind == "objects" else "bedIds"
    observed = [(f"POST /waterings body {place}", "'bob' uses an object of 'alice', named behind one of their own")]
    seen = [(finding.location, finding.observed) for finding in scan.findings]
    assert seen == observed * found, scan.coverage["object-level"]
    assert f"POST /waterings body {place} (behind one's own)" in scan.coverage["object-level"].tried
