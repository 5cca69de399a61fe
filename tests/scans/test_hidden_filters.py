"""Lists that are filtered by what they do not show."""

import pytest
import services

ORDERS = [
    {"id": 1, "title": "Pens", "password": "x1", "owner": {"email": "ann@shop.test"}},
    {"id": 2, "title": "Ink", "password": "y2", "owner": {"email": "ben@shop.test"}},
]


def shop(kind):
    def value(order, path):
        for part in path:
            order = order.get(part) if isinstance(order, dict) else None
        return order

    def orders(request):
        found = ORDERS
        for name, text in request.query_params.items():
            path = name.replace("__startswith", "").split("__")
            known = value(ORDERS[0], path) is not None
            if kind == "strict" and not (known and path[-1] == "password"):
                return services.JSONResponse({"error": f"there is no {name}"}, 400)
            if kind == "titles" and path == ["title"]:
                found = [order for order in found if order["title"] == text]
            if kind in ("open", "strict") and known and path[-1] == "password":
                found = [order for order in found if order["password"].startswith(text)]
            if kind == "owners" and known and len(path) == 2:
                found = [order for order in found if str(value(order, path)).startswith(text)]
            if kind == "anything":
                found = []
        return services.JSONResponse([{"id": order["id"], "title": order["title"]} for order in found])

    return services.app(("GET", "/orders", orders))


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("open", [("high", "GET /orders query password", "the list is empty for password=qa-nothing, and does not show password")]),
        ("strict", [("high", "GET /orders query password", "the list is empty for password=qa-nothing, and does not show password")]),
        ("owners", [("medium", "GET /orders query owner__email__startswith",
                     "the list is empty for owner__email__startswith=qa-nothing, and does not show email")]),
        ("titles", []),
        ("sound", []),
        ("anything", []),
    ],
)  # fmt: skip
def test_lists_are_filtered_by_what_they_show(kind, found):
    with services.serving(shop(kind)) as url:
        scan = services.scanned(services.target(url, ["GET /orders"]), "hidden-filters")
    assert [(str(each.severity), each.location, each.observed) for each in scan.findings] == found, scan.coverage[
        "hidden-filters"
    ]
    assert scan.coverage["hidden-filters"].open == (
        {"GET /orders": "whatever is asked for changes the list"} if kind == "anything" else {}
    )


@pytest.mark.parametrize("wrong", [True, False])
def test_what_stands_beside_a_described_filter(wrong):
    def articles(request):
        begins = request.query_params.get("filter[author.phone]", "") if wrong else ""
        mine = request.query_params.get("filter[author.name]", "ann") == "ann"
        return services.JSONResponse(
            {"data": [{"id": "1", "attributes": {"title": "Rain"}}] if mine and "0151 4".startswith(begins) else []}
        )

    with services.serving(services.app(("GET", "/articles", articles))) as url:
        scan = services.scanned(services.target(url, ["GET /articles?filter[author.name]=ann"]), "hidden-filters")
    found = [(str(each.severity), each.location) for each in scan.findings]
    assert found == ([("medium", "GET /articles query filter[author.phone]")] if wrong else []), scan.coverage["hidden-filters"]
