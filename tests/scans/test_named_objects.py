"""Objects that are named in a query, in a longer path, or of which only a list is shown; and objects that belong to everybody."""

import itertools

import pytest
import services

ROWS = [
    {"operation": "POST /orders", "body": {"item": "pen"}},
    "GET /orders",
    "GET /orders/{order_id}",
    "POST /orders/{order_id}/cancel",
    {"operation": "POST /notes", "body": {"text": "hello"}},
    "GET /notes",
    "DELETE /notes/{note_id}",
]
RECEIPT = {
    "openapi": "3.1.0",
    "paths": {
        "/receipt": {
            "get": {
                "parameters": [{"name": "orderId", "in": "query", "required": True, "schema": {"type": "integer"}}],
                "responses": {"200": {"description": "a receipt"}},
            }
        }
    },
}


def shop(*wrong):
    kept, numbers = {"orders": {}, "notes": {}}, itertools.count(1)

    def found(request, kind, number, hole):
        record = kept[kind].get(int(number) if number.isdecimal() else 0)
        return record if record and (record["owner"] == services.who(request) or hole in wrong) else None

    def maker(kind):
        def make(request):
            if services.who(request) is None:
                return services.JSONResponse({"error": "sign in"}, 401)
            number = next(numbers)
            kept[kind][number] = {"id": number, "owner": services.who(request), "status": "new"}
            return services.JSONResponse(kept[kind][number], 201)

        return make

    def lister(kind):
        def listing(request):
            own = [record for record in kept[kind].values() if record["owner"] == services.who(request)]
            return services.JSONResponse({"items": own} if services.who(request) else {"error": "sign in"}, 200 if own else 401)

        return listing

    def answer(record, change=None):
        if record is None:
            return services.JSONResponse({"error": "there is no such thing"}, 404)
        if change:
            change(record)
        return services.JSONResponse(record)

    def read(request):
        return answer(found(request, "orders", request.path_params["order_id"], "read"))

    def receipt(request):
        return answer(found(request, "orders", request.query_params.get("orderId", ""), "receipt"))

    def cancel(request):
        record = found(request, "orders", request.path_params["order_id"], "cancel")
        return answer(record, lambda order: order.update(status="cancelled"))

    def delete(request):
        record = found(request, "notes", request.path_params["note_id"], "delete")
        return answer(record, lambda note: kept["notes"].pop(note["id"]))

    return services.app(
        ("POST", "/orders", maker("orders")),
        ("GET", "/orders", lister("orders")),
        ("GET", "/orders/{order_id}", read),
        ("GET", "/receipt", receipt),
        ("POST", "/orders/{order_id}/cancel", cancel),
        ("POST", "/notes", maker("notes")),
        ("GET", "/notes", lister("notes")),
        ("DELETE", "/notes/{note_id}", delete),
    )


def scanned(monkeypatch, application, rows, contract, **entries):
    for name in ("alice", "bob"):
        monkeypatch.setenv(f"TOKEN_{name.upper()}", services.SECRETS[name])
    with services.serving(application) as url:
        target = services.target(url, rows, services.by_token("alice", "bob"), contract=contract, **entries)
        return services.scanned(target, "object-level", allow_changes=True)


@pytest.mark.parametrize(
    ("hole", "location"),
    [
        ("read", "GET /orders/{order_id}"),
        ("receipt", "GET /receipt"),
        ("cancel", "POST /orders/{order_id}/cancel"),
        ("delete", "DELETE /notes/{note_id}"),
    ],
)
def test_the_hole_is_found_and_no_other(monkeypatch, hole, location):
    assert [finding.location for finding in scanned(monkeypatch, shop(hole), ROWS, RECEIPT).findings] == [location]


def test_the_fixed_fixture_is_tried_everywhere_and_nothing_is_found(monkeypatch):
    scan = scanned(monkeypatch, shop(), ROWS, RECEIPT)
    assert not scan.findings
    assert set(scan.coverage["object-level"].tried) == {
        "GET /orders",  # the receipt, which comes first, has made orders for both
        "GET /orders (filters by owner)",
        "GET /orders/{order_id}",
        "GET /receipt",
        "POST /orders/{order_id}/cancel",
        "DELETE /notes/{note_id}",
    }


PRODUCT = {
    "openapi": "3.1.0",
    "paths": {
        "/products/{product_id}": {
            "get": {
                "parameters": [{"name": "product_id", "in": "path", "required": True, "schema": {"type": "integer"}}],
                "responses": {"200": {"description": "a product"}},
            }
        }
    },
}


@pytest.mark.parametrize("values", [{}, {"product_id": 2}])
@pytest.mark.parametrize("listed", [True, False])
def test_a_catalogue_belongs_to_everybody(monkeypatch, listed, values):
    turn = itertools.count()
    stock = [{"id": number, "name": f"thing {number}"} for number in range(1, 6)]

    def products(_):
        first = next(turn) % len(stock)
        return services.JSONResponse({"items": stock[first:] + stock[:first]})

    def product(request):
        item = next((item for item in stock if str(item["id"]) == request.path_params["product_id"]), None)
        return services.JSONResponse(item or {"error": "there is no such product"}, 200 if item else 404)

    application = services.app(("GET", "/products", products), ("GET", "/products/{product_id}", product))
    scan = scanned(monkeypatch, application, ["GET /products"] if listed else [], PRODUCT, values=values)
    assert not scan.findings
    assert "no object belongs to one identity alone" in str(scan.coverage["object-level"].skipped)
