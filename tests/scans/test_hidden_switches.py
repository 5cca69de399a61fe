"""Switches for developers that no description names."""

import pytest
import services


@pytest.mark.parametrize(
    ("switch", "value", "severity"),
    [
        ("debug", "1", "high"),
        ("verbose", "true", "medium"),
        ("X-Debug", "1", "high"),
        ("", "", ""),
        ("described", "1", ""),
        ("any", "", ""),
    ],
)
def test_no_switch_shows_more(switch, value, severity):
    def order(request):
        given = request.headers.get(switch) if switch.startswith("X-") else request.query_params.get(switch)
        body = {"id": 7, "state": "open"}
        if given == value and value:
            body["query" if severity == "high" else "took"] = "SELECT * FROM orders"
        if switch == "described" and request.query_params.get("debug"):
            body["took"] = 3
        if switch == "any":
            body |= dict(request.query_params.items())
        return services.JSONResponse(body)

    described = ["GET /orders/7?debug=0" if switch == "described" else "GET /orders/7"]
    with services.serving(services.app(("GET", "/orders/7", order))) as url:
        scan = services.scanned(services.target(url, described), "hidden-switches", seed=3)
    found = [(str(finding.severity), finding.location.rpartition(" ")[2]) for finding in scan.findings]
    assert found == ([(severity, switch)] if severity else []), scan.coverage["hidden-switches"]
    assert scan.coverage["hidden-switches"].tried == {"GET /orders/7"}


def test_what_changes_by_itself_is_no_switch():
    numbers = iter(range(1000))

    def order(_):
        number = next(numbers)
        return services.JSONResponse({"id": 7} | ({"hint": number} if number % 2 else {}))

    with services.serving(services.app(("GET", "/orders/7", order))) as url:
        scan = services.scanned(services.target(url, ["GET /orders/7"]), "hidden-switches", seed=3)
    assert not scan.findings
