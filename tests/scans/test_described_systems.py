"""What a scan makes of the description of a system: its contract and rows, names with the prefix and without, who is left aside."""

import pytest
import services

from SecurityLibrary import target as targets
from SecurityLibrary.scan import Scan
from theodore_qa.errors import UsageError
from theodore_qa.systems import environment

AT = "http://127.0.0.1:9"
ORDER_ID = {"name": "order_id", "in": "path", "required": True, "schema": {"type": "integer"}}
DOCUMENT = {
    "openapi": "3.0.3",
    "components": {"schemas": {"Order": {"type": "object", "properties": {"note": {"type": "string", "nullable": True}}}}},
    "paths": {
        "/login": {"post": {"security": []}},
        "/orders": {
            "get": {"parameters": [{"name": "X-Key", "in": "header", "schema": {"type": "string"}}]},
            "post": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Order"}}}}},
        },
        "/orders/{order_id}": {"parameters": [ORDER_ID], "get": {}, "delete": {}},
        "/admin/restart": {"post": {}},
    },
}


def described(**entries):
    return services.target(AT, contract=DOCUMENT, prefix="/api/v1", **entries)


def test_paths_of_the_contract_and_of_rows_stand_below_the_prefix():
    shop = described(rows=["GET /ping?deep=1"])
    assert list(map(str, shop.operations)) == [
        "POST /api/v1/login", "GET /api/v1/orders", "POST /api/v1/orders", "GET /api/v1/orders/{order_id}",
        "DELETE /api/v1/orders/{order_id}", "POST /api/v1/admin/restart", "GET /api/v1/ping",
    ]  # fmt: skip
    assert shop.operation("GET /ping") is shop.operation("GET /api/v1/ping")
    assert [str(operation) for operation in shop.operations if operation.admin] == ["POST /api/v1/admin/restart"]
    assert shop.probe_path == "/api/v1/orders"
    with pytest.raises(
        UsageError, match=r"There is no operation 'GET /orderz' in the system shop: did you mean 'GET /api/v1/orders'\?"
    ):
        shop.operation("GET /orderz")


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ({}, ["POST /api/v1/admin/restart", "GET /api/v1/admin/menus"]),
        ({"admin": ["POST /admin/restart"]}, ["POST /api/v1/admin/restart"]),
        (
            {"admin": ["GET /orders"]},
            ["GET /api/v1/orders", "POST /api/v1/admin/restart", "GET /api/v1/admin/menus"],
        ),
        (
            {"admin": ["POST /admin/restart"], "rows": [{"operation": "GET /admin/menus", "admin": True}]},
            ["POST /api/v1/admin/restart", "GET /api/v1/admin/menus"],
        ),
    ],
)
def test_a_list_with_administrative_paths_names_all_of_them(entries, expected):
    shop = described(**{"rows": ["GET /admin/menus"]} | entries)
    assert [str(operation) for operation in shop.operations if operation.admin] == expected


def test_a_row_replaces_the_operation_of_the_same_name():
    shop = described(rows=[{"operation": "POST /orders", "body": {"item": "pen"}}])
    assert len(shop.operations) == 6
    assert [str(parameter) for parameter in shop.operation("POST /orders").parameters] == ["body item"]
    assert str(shop.operations[2]) == "POST /api/v1/orders"


@pytest.mark.parametrize("before", ["", "/api/v1"])
def test_operations_are_named_with_the_prefix_or_without(before):
    shop = described(
        identities={"ann": {"username": "ann", "password_env": "PASSWORD_ANN"}},
        sign_in={"operation": f"POST {before}/login"},
        sign_out=f"DELETE {before}/orders/{{order_id}}",
        public=[f"POST {before}/login"],
        admin=[f"GET {before}/orders"],
        skip={f"POST {before}/admin/restart": "it ends the service"},
        values={f"GET {before}/orders/{{order_id}} order_id": 7, "order_id": 8, "first name": "Ann"},
        shared=[f"{before}/orders"],
    )
    assert [str(operation) for operation in shop.operations if operation.secured is False] == ["POST /api/v1/login"]
    assert all(operation.secured for operation in shop.operations[1:])
    assert [str(operation) for operation in shop.operations if operation.admin] == [
        "GET /api/v1/orders",
        "POST /api/v1/admin/restart",
    ]
    assert shop.sign_out == "DELETE /api/v1/orders/{order_id}"
    assert shop.values == {"GET /api/v1/orders/{order_id} order_id": 7, "order_id": 8, "first name": "Ann"}
    assert shop.shared == ("/api/v1/orders",)
    scan = Scan(shop, shop.client(), allow_changes=True)
    assert scan.authenticator.operation == "POST /api/v1/login"
    assert {str(operation): reason for operation in shop.operations if (reason := scan.plan.skip_reason(operation))} == {
        "DELETE /api/v1/orders/{order_id}": "it would end the scan's own session",
        "POST /api/v1/admin/restart": "the description of shop says to skip it: it ends the service",
    }
    assert targets.skipped(shop.system) == shop.skip == {"POST /api/v1/admin/restart": "it ends the service"}


def test_operations_to_skip_may_stand_in_a_list():
    assert described(skip=["POST /admin/restart"]).skip == {"POST /api/v1/admin/restart": "no reason given"}


def test_what_is_skipped_is_known_without_any_operations(tmp_path):
    data = {"name": "shops", "kind": "test", "systems": {"shop": {"url": AT, "skip": {"POST /restart": "it ends the service"}}}}
    shop = environment.from_mapping(data, tmp_path / "shops.yaml").system("shop")
    assert targets.skipped(shop) == {"POST /restart": "it ends the service"}


@pytest.mark.parametrize("entry", ["public", "admin", "skip"])
def test_an_operation_that_there_is_not_is_said_with_the_nearest(entry):
    with pytest.raises(
        UsageError, match=r"There is no operation 'GET /api/v1/order' in the system shop: did you mean 'GET /api/v1/orders'\?"
    ):
        described(**{entry: ["GET /order"]})


def test_a_system_without_operations_is_said():
    expected = r"The system shop has no operations: name its OpenAPI document by 'contract', or list them by 'operations', in shops.yaml\."
    with pytest.raises(UsageError, match=expected):
        services.target(AT)


def test_headers_by_which_people_are_known_are_no_places_for_values():
    assert [str(parameter) for parameter in described().operation("GET /orders").parameters] == ["header X-Key"]
    by_key = {"ann": {"token_env": "TOKEN_ANN", "header": "X-Key", "scheme": ""}}
    assert not described(identities=by_key).operation("GET /orders").parameters


def test_who_has_limits_or_may_be_locked_is_used_by_one_probe_alone():
    identities = services.by_token("ann", "ben", "cleo", ben={"limits": "production"}, cleo={"lockable": True})
    shop = described(identities=identities)
    assert (list(shop.identities), shop.limited.name, shop.lockable.name) == (["ann"], "ben", "cleo")


def test_what_a_contract_allows_for_null_has_one_type():
    (note,) = described().operation("POST /orders").parameters
    assert (note.kind, note.schema["type"]) == ("string", ["string", "null"])


def test_what_is_not_understood_of_an_operation_is_said_and_takes_no_other_along():
    document = {"openapi": "3.1.0", "paths": {"/a": {"get": {"parameters": [{"$ref": "#/components/x"}]}}, "/b": {"get": {}}}}
    a, b = services.target(AT, contract=document).operations
    assert (a.problems, b.problems) == (("GET /a: '#/components/x' refers to nothing",), ())


def test_an_answer_that_the_contract_cannot_be_held_to_is_left_out():
    answer = {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Nowhere"}}}}}
    document = {"openapi": "3.1.0", "paths": {"/a": {"get": {"responses": answer}}, "/b": {"get": {"responses": {"200": {}}}}}}

    def show(_):
        return services.JSONResponse({"n": 1})

    with services.serving(services.app(("GET", "/a", show), ("GET", "/b", show))) as url:
        scan = services.scanned(services.target(url, contract=document), "contract")
    assert not scan.findings
    assert scan.coverage["contract"].tried == {"GET /b"}
    location = "GET /a (GET /a: '#/components/schemas/Nowhere' refers to nothing)"
    assert scan.coverage["contract"].skipped == {location: "the description is not understood"}


@pytest.mark.parametrize(("echoed", "found"), [({"password": "open-sesame-9"}, ["POST /login"]), ({}, [])])
def test_the_answer_to_a_sign_in_is_looked_at_too(monkeypatch, echoed, found):
    monkeypatch.setenv("ANN_PASSWORD", "open-sesame-9")

    def login(_):
        return services.JSONResponse({"access_token": "token-of-ann-1", "user": {"name": "ann", **echoed}})

    def me(request):
        known = request.headers.get("authorization") == "Bearer token-of-ann-1"
        return services.JSONResponse({"name": "ann"} if known else {"error": "sign in"}, 200 if known else 401)

    identities = {"ann": {"username": "ann", "password_env": "ANN_PASSWORD"}}
    with services.serving(services.app(("POST", "/login", login), ("GET", "/me", me))) as url:
        target = services.target(url, ["GET /me"], identities, {"operation": "POST /login"})
        scan = services.scanned(target, "excessive-data")
    assert [finding.location for finding in scan.findings] == found
