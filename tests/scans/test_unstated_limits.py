"""Numbers without a stated maximum: ten thousand seats, and more than a hundred per cent."""

import pytest
import services
from starlette.responses import JSONResponse

ROWS = [
    {"operation": "POST /bookings", "body": {"event": "opera", "seats": 2}},
    {"operation": "POST /offers", "body": {"title": "May", "percent": 10, "odometer": 120}},
]
PEOPLE = services.by_token("alice")


def booking(weak):
    def refused(number, most):
        return not isinstance(number, int) or number < 1 or (number > most and not weak)

    async def book(request):
        body = await request.json()
        if not services.who(request) or refused(body.get("seats"), 8):
            return JSONResponse({"error": "not valid"}, 422 if services.who(request) else 401)
        return JSONResponse({"event": str(body.get("event")), "seats": body["seats"]}, 201)

    async def offer(request):
        body = await request.json()
        if not services.who(request) or refused(body.get("percent"), 100):
            return JSONResponse({"error": "not valid"}, 422 if services.who(request) else 401)
        return JSONResponse({"percent": body["percent"], "odometer": body.get("odometer")}, 201)

    return services.app(("POST", "/bookings", book), ("POST", "/offers", offer))


@pytest.mark.parametrize("weak", [True, False])
def test_what_nobody_means_is_refused(monkeypatch, weak):
    monkeypatch.setenv("TOKEN_ALICE", services.SECRETS["alice"])
    with services.serving(booking(weak)) as url:
        scan = services.scanned(services.target(url, ROWS, PEOPLE), "stated-limits", allow_changes=True, seed=5)
    found = {(each.severity.name, each.location, each.observed) for each in scan.findings}
    expected = {
        ("LOW", "POST /bookings body seats", "10007 and 10009 are kept, where nothing limits it"),
        ("LOW", "POST /offers body percent", "101 and 150 are kept, where nothing limits it"),
    }
    assert found == (expected if weak else set())
    assert scan.coverage["stated-limits"].tried == {"POST /bookings body seats", "POST /offers body percent"}
