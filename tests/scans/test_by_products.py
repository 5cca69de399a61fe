"""Objects that another operation makes beside its own, such as the seats of a booking: tried on those that were made for it."""

import itertools
import secrets

import pytest
import services


@pytest.fixture(autouse=True)
def _tokens(monkeypatch):
    for name, secret in services.SECRETS.items():
        monkeypatch.setenv(f"TOKEN_{name.upper()}", secret)


def refused(status=401):
    return services.JSONResponse({"error": "refused"}, status)


class Trips:
    """Bookings of trips, and the berths that come with each; ``named`` is how a berth names its booking."""

    def __init__(self, *, weak, named):
        self.weak, self.named = weak, named
        self.berths, self.numbers, self.given_back = {}, itertools.count(1), []
        for name in ("alice", "bob"):
            self.book_for(name)
        self.first = set(self.berths)

    def book_for(self, name):
        booking = secrets.token_hex(4)
        berth = {"id": f"B{next(self.numbers)}", "deck": 2, "passenger": name, "holder": name}
        self.berths[berth["id"]] = berth | ({self.named: booking} if self.named else {})
        return booking

    async def book(self, request):
        if (caller := services.who(request)) is None:
            return refused()
        return services.JSONResponse({"reference": self.book_for(caller)}, 201)

    def listing(self, request):
        if (caller := services.who(request)) is None:
            return refused()
        mine = [{key: value for key, value in each.items() if key != "holder"} for each in self._of(caller)]
        return services.JSONResponse({"data": mine})

    def _of(self, caller):
        return [each for each in self.berths.values() if each["holder"] == caller]

    async def give_back(self, request):
        berth, caller = self.berths.get(request.path_params["berth"]), services.who(request)
        if caller is None or berth is None or (berth["holder"] != caller and not self.weak):
            return refused(404 if caller else 401)
        self.given_back.append(berth["id"])
        berth["holder"] = ""
        return services.JSONResponse({"done": True})

    def application(self):
        return services.app(
            ("POST", "/bookings", self.book), ("GET", "/berths", self.listing), ("PUT", "/berths/{berth}/return", self.give_back)
        )


@pytest.mark.parametrize("named", ["booking_id", "booking", ""])
@pytest.mark.parametrize("weak", [True, False])
def test_what_comes_with_something_else_is_given_back_by_its_owner_alone(weak, named):
    trips = Trips(weak=weak, named=named)
    rows = [{"operation": "POST /bookings", "body": {"trip": "fjord"}}, "GET /berths"]
    rows.append({"operation": "PUT /berths/{berth}/return", "body": {"reason": "ill"}})
    with services.serving(trips.application()) as url:
        target = services.target(url, rows, services.by_token("alice", "bob"))
        scan = services.scanned(target, "object-level", allow_changes=True)
    found = ["PUT /berths/{berth}/return"] if weak else []
    assert [finding.location for finding in scan.findings] == found, scan.coverage["object-level"]
    assert "PUT /berths/{berth}/return" in scan.coverage["object-level"].tried
    assert trips.given_back
    assert not trips.first & set(trips.given_back)  # what was there before the scan is left as it was
