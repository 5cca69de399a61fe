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


@pytest.mark.parametrize("wrong", ["taken", "as a text", "unanswered", "repeated", ""])
def test_what_is_bought_shows_by_which_name_its_price_goes(monkeypatch, wrong):
    monkeypatch.setenv("TOKEN_ALICE", services.SECRETS["alice"])
    rentals = {}

    async def rent(request):
        if services.who(request) is None:
            return services.JSONResponse({"detail": "sign in"}, 401)
        body = await request.json()
        rate = body.get("dailyRate", 18) if wrong in ("taken", "unanswered") else 18
        rate = float(body.get("dailyRateEuro", 18)) if wrong == "as a text" else rate
        amounts = {"dailyRateCents": 1800, "dueCents": 5400} | ({} if wrong == "as a text" else {"dailyRate": rate})
        amounts["due"] = f"{3 * rate:.2f}" if wrong == "as a text" else 3 * rate
        amounts |= {"dailyRateEuro": f"{rate:.2f}"} if wrong == "as a text" else {}
        number = len(rentals) + 1
        rentals[number] = {"id": number, "toolKey": body["toolKey"]} | amounts
        answered = {"id": number} if wrong == "unanswered" else rentals[number]
        return services.JSONResponse(answered | (body if wrong == "repeated" else {}), 201)

    def show(request):
        return services.JSONResponse(rentals[int(request.path_params["rental"])])

    application = services.app(("POST", "/rent", rent), ("GET", "/rent/{rental}", show))
    rows = [{"operation": "POST /rent", "body": {"toolKey": "drill"}}, "GET /rent/{rental}"]
    with services.serving(application) as url:
        target = services.target(url, rows, by_token("alice"), values={"toolKey": "drill"})
        scan = services.scanned(target, "mass-assignment", allow_changes=True)
    paid = [finding.location for finding in scan.findings if "has to be paid" in finding.observed]
    name = {"taken": ["dailyRate"], "unanswered": ["dailyRate"], "as a text": ["dailyRateEuro"]}.get(wrong, [])
    assert paid == [f"POST /rent {each}" for each in name], scan.coverage["mass-assignment"]
