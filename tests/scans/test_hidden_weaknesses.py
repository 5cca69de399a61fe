"""A weakness that another one would hide: both are found, and neither in the fixed fixture."""

import itertools

import pytest
import services

ROWS = [
    {"operation": "POST /bookings", "body": {"room": "12"}},
    "GET /bookings",
    "GET /bookings/{booking_id}",
    {"operation": "GET /admin/bookings", "admin": True},
    {"operation": "GET /admin/usage", "admin": True},
]


def hotel(*wrong):
    """Bookings of their owners; ``list`` opens that of the administrator to everybody, ``read`` each single one."""
    kept, numbers = {}, itertools.count(100)

    async def make(request):
        if services.who(request) is None:
            return services.JSONResponse({"error": "sign in"}, 401)
        number = next(numbers)
        kept[str(number)] = {"id": number, "owner": services.who(request), "room": "12", "code": f"D{number * 7919 % 10007}"}
        return services.JSONResponse(kept[str(number)], 201)

    def mine(request):
        own = [booking for booking in kept.values() if booking["owner"] == services.who(request)]
        return services.JSONResponse(
            {"bookings": own} if services.who(request) else {"error": "sign in"}, 200 if services.who(request) else 401
        )

    def read(request):
        booking, name = kept.get(request.path_params["booking_id"]), services.who(request)
        if name is None or booking is None or ("read" not in wrong and booking["owner"] != name):
            return services.JSONResponse({"error": "none"}, 404 if name else 401)
        return services.JSONResponse(booking)

    def everybody(request):
        if services.who(request) != "boss" and ("list" not in wrong or services.who(request) is None):
            return services.JSONResponse({"error": "no"}, 403 if services.who(request) else 401)
        return services.JSONResponse({"bookings": list(kept.values())})

    def usage(request):
        if services.who(request) != "boss":
            return services.JSONResponse({"error": "no"}, 403 if services.who(request) else 401)
        return services.JSONResponse({"bookings": len(kept)})

    return services.app(
        ("POST", "/bookings", make), ("GET", "/bookings", mine), ("GET", "/bookings/{booking_id}", read),
        ("GET", "/admin/bookings", everybody), ("GET", "/admin/usage", usage),
    )  # fmt: skip


@pytest.mark.parametrize("wrong", [(), ("list",), ("read",), ("list", "read")], ids=lambda wrong: "+".join(wrong) or "fixed")
def test_what_a_list_for_administrators_discloses_belongs_to_its_owner_still(monkeypatch, wrong):
    for name, secret in services.SECRETS.items():
        monkeypatch.setenv(f"TOKEN_{name.upper()}", secret)
    identities = services.by_token(*services.SECRETS, boss={"role": "admin"})
    with services.serving(hotel(*wrong)) as url:
        scan = services.scanned(services.target(url, ROWS, identities), "object-level", "function-level", allow_changes=True)
    found = {(finding.probe, location) for finding in scan.findings for location in finding.locations}
    places = {"read": ("object-level", "GET /bookings/{booking_id}"), "list": ("function-level", "GET /admin/bookings")}
    assert found == {places[name] for name in wrong}
    assert "GET /bookings/{booking_id}" in scan.coverage["object-level"].tried
