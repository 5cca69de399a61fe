"""Prices that the client sets: beside the schema's properties, in items, or where what is bought has one already."""

import pytest
import services
from services import by_token

PRICES = {"tea": 250, "soup": 480}


def shop(total):
    """Orders whose amount is what ``total`` makes of a body."""

    async def order(request):
        if services.who(request) is None:
            return services.JSONResponse({"detail": "sign in"}, 401)
        body = await request.json()
        paid = total(body)
        return services.JSONResponse({"id": 7, "state": "new", "total": paid, "received": body}, 201 if paid else 422)

    return services.app(("POST", "/orders", order))


def catalogue(body):
    return sum(PRICES[item["dish"]] * item["count"] for item in body["items"])


def item_price(body):
    return sum(item.get("price", PRICES[item["dish"]]) * item["count"] for item in body["items"])


def whole(body):
    return body.get("total", catalogue(body))


def discounted(body):
    return max(catalogue(body) - body.get("discount", 0), 1)


ITEMS = {"items": [{"dish": "tea", "count": 2}]}
ITEM = {"productId": "tea", "quantity": 3, "unitPrice": 250}


@pytest.mark.parametrize(
    ("body", "total", "found"),
    [
        (ITEMS, item_price, ["POST /orders items[].price"]),
        (ITEMS, whole, ["POST /orders total"]),
        (ITEMS, discounted, ["POST /orders discount"]),
        (ITEMS, catalogue, []),
        (ITEM, lambda body: body["unitPrice"] * body["quantity"], ["POST /orders unitPrice"]),
        (ITEM, lambda body: PRICES[body["productId"]] * body["quantity"], []),
        ({"amount": 5, "note": "a gift"}, lambda body: body["amount"], []),
    ],
)
def test_what_has_to_be_paid(monkeypatch, body, total, found):
    monkeypatch.setenv("TOKEN_ALICE", services.SECRETS["alice"])
    with services.serving(shop(total)) as url:
        rows = [{"operation": "POST /orders", "body": body}]
        scan = services.scanned(
            services.target(url, rows, by_token("alice"), values={"productId": "tea"}), "mass-assignment", allow_changes=True
        )
    paid = [finding.location for finding in scan.findings if "has to be paid" in finding.observed]
    assert paid == found
