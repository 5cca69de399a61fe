"""What is known by a key of its own, such as the plate of a car: in filters, added by somebody else, and made anew."""

import itertools

import pytest
import services

ROWS = ["GET /cars", {"operation": "POST /cars", "body": {"plate": "KX-204-TG", "model": "Estate"}}, "GET /trips?plate=AL-101-TG"]


@pytest.fixture(autouse=True)
def _tokens(monkeypatch):
    for name, secret in services.SECRETS.items():
        monkeypatch.setenv(f"TOKEN_{name.upper()}", secret)


def garage(*wrong):
    """Cars by their plates, and the trips of those; ``wrong`` names what is wrong."""
    numbers = itertools.count(31)
    cars = [{"id": next(numbers), "plate": f"{name[:2].upper()}-101-TG", "holder": name} for name in ("alice", "bob")]
    trips = [{"id": next(numbers), "plate": car["plate"], "gate": gate} for car in cars for gate in ("bridge", "tunnel")]

    def own(request):
        return [car for car in cars if car["holder"] == services.who(request)]

    def list_cars(request):
        signed_in = services.who(request) is not None
        body = {"cars": [{name: car[name] for name in ("id", "plate")} for car in own(request)]}
        return services.JSONResponse(body if signed_in else {"error": "sign in"}, 200 if signed_in else 401)

    async def add(request):
        holder = services.who(request)
        if holder is None:
            return services.JSONResponse({"error": "sign in"}, 401)
        plate = str((await request.json()).get("plate"))
        known = next((car for car in cars if car["plate"] == plate), None)
        if known and (known["holder"] == holder or "claim" not in wrong):
            return services.JSONResponse({"error": "this plate cannot be added"}, 409)
        if known:
            known["holder"] = holder
        else:
            cars.append(known := {"id": next(numbers), "plate": plate, "holder": holder})
        return services.JSONResponse({"id": known["id"], "plate": plate}, 201)

    def listed(request):
        if services.who(request) is None:
            return services.JSONResponse({"error": "sign in"}, 401)
        plates, plate = [car["plate"] for car in own(request)], request.query_params.get("plate")
        chosen = [plate] if plate in plates or (plate and "filter" in wrong) else [] if plate else plates
        found = trips if "catalogue" in wrong and not plate else [trip for trip in trips if trip["plate"] in chosen]
        return services.JSONResponse({"trips": found})

    return services.app(("GET", "/cars", list_cars), ("POST", "/cars", add), ("GET", "/trips", listed))


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        ((), []),
        (("filter",), ["GET /trips query plate"]),
        (("claim",), ["POST /cars"]),
        (("filter", "catalogue"), []),  # the same is listed to everybody
    ],
)
def test_others_objects_by_a_key_of_their_own(wrong, found):
    with services.serving(garage(*wrong)) as url:
        shop = services.target(url, ROWS, services.by_token("alice", "bob"))
        scan = services.scanned(shop, "object-level", allow_changes=True)
    assert [finding.location for finding in scan.findings] == found
    assert "POST /cars (added once more)" in scan.coverage["object-level"].tried


def test_a_code_that_has_to_be_new_is_another_each_time():
    with services.serving(garage()) as url:
        scan = services.scanned(services.target(url, ROWS, services.by_token("alice", "bob")), "template-injection", allow_changes=True)
    places = {location.rpartition(" ")[2] for location in scan.coverage["template-injection"].tried if "POST /cars" in location}
    assert "model" in places
    assert not [location for location in scan.coverage["template-injection"].open if "model" in location]
