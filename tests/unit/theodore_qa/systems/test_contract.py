"""What of an answer is held to a document beside its status and body, and which names a description may use."""

import datetime as dt
import json

import pytest

from theodore_qa.errors import UsageError
from theodore_qa.systems import environment
from theodore_qa.systems.exchange import Exchange

HEADERS = {
    "X-Total-Count": {"required": True, "schema": {"type": "integer", "minimum": 0}},
    "ETag": {"schema": {"type": "string", "pattern": '^".*"$'}},
    "Content-Type": {"required": True, "schema": {"type": "string"}},
}
ANSWER = {"description": "ok", "headers": HEADERS, "content": {"application/json": {"schema": {"type": "object"}}}}


def system(tmp_path, document=None, **entries):
    if document:
        (tmp_path / "shop.json").write_text(json.dumps(document))
        entries["contract"] = "shop.json"
    data = {"name": "t", "kind": "test", "systems": {"shop": {"url": "http://127.0.0.1:9", **entries}}}
    return environment.from_mapping(data, tmp_path / "t.yaml").system("shop")


def document():
    responses = {"200": ANSWER, "204": {"description": "none", "headers": HEADERS}}
    return {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/a": {"get": {"responses": responses}}}}


def violations(tmp_path, headers, status=200, text="{}"):
    known = {"content-type": "application/json", **headers} if text else headers
    answer = Exchange("GET", "/a", status, known, text, dt.datetime.now(dt.UTC), 0.1)
    return system(tmp_path, document()).contract.by_document(answer)


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        ({"x-total-count": "3"}, []),
        ({"x-total-count": "3", "etag": '"a"'}, []),
        ({}, ["GET /a: the header X-Total-Count is missing"]),
        ({"x-total-count": "many"}, ["GET /a: the header X-Total-Count: 'many' is not of type 'integer'"]),
        ({"x-total-count": "-1"}, ["GET /a: the header X-Total-Count: -1 is less than the minimum of 0"]),
        ({"x-total-count": "3", "etag": "a"}, ["GET /a: the header ETag: 'a' does not match '^\".*\"$'"]),
    ],
)
def test_headers_of_an_answer(tmp_path, headers, found):
    assert violations(tmp_path, headers) == found


def test_headers_of_an_answer_without_content(tmp_path):
    assert violations(tmp_path, {}, status=204, text="") == ["GET /a: the header X-Total-Count is missing"]


def test_a_wrong_body_is_said_beside_a_missing_header(tmp_path):
    assert violations(tmp_path, {}, text="[]") == [
        "GET /a: the header X-Total-Count is missing",
        "GET /a: the answer: [] is not of type 'object'",
    ]


@pytest.mark.parametrize("entry", ["public", "admin", "skip"])
def test_an_operation_that_no_row_has_is_answered_with_the_nearest(tmp_path, entry):
    shop = system(tmp_path, operations=["GET /version", {"operation": "POST /orders"}], **{entry: ["GET /versoin"]})
    with pytest.raises(UsageError) as error:
        shop.contract.check_names()
    assert str(error.value) == (
        f"There is no operation 'GET /versoin' in the operations of shop, named by '{entry}': did you mean 'GET /version'?"
    )


def test_operations_of_rows_may_be_named(tmp_path):
    system(
        tmp_path, operations=["GET /version?full=true", "POST /q#me"], public=["GET /version", "POST /q#me"]
    ).contract.check_names()


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (
            "GTE /orders",
            "The entry systems.shop.operations.0 is 'GTE /orders', expected an operation such as GET /orders/{order_id}",
        ),
        ("GET orders", "The entry systems.shop.operations.0 is 'GET orders', expected an operation"),
        (
            {"operation": "POST /orders", "bodi": {}},
            "There is no entry 'bodi' in systems.shop.operations.0: did you mean 'body'?",
        ),
        ({"body": {}}, "The entry 'operation' is missing in systems.shop.operations.0."),
    ],
)
def test_a_misspelt_row_is_an_error_of_the_file(tmp_path, row, sentence):
    with pytest.raises(UsageError) as error:
        system(tmp_path, operations=[row])
    assert sentence in str(error.value)


def test_a_path_may_be_written_with_the_prefix(tmp_path):
    shop = system(tmp_path, prefix="/api")
    assert (shop.full("/me"), shop.full("/api/me"), shop.full("/apis")) == ("/api/me", "/api/me", "/api/apis")


def test_a_certificate_that_is_not_there_is_an_error_of_the_file(tmp_path):
    with pytest.raises(
        UsageError, match=r"The file ann\.pem that systems\.shop\.identities\.ann\.certificate names is not there"
    ):
        system(tmp_path, identities={"ann": {"certificate": "ann.pem"}})


@pytest.mark.parametrize(
    ("named", "sent"),
    [
        ("POST /graphql#login", ("POST", "/v1/graphql")),
        ("get /v1/orders?open=1", ("GET", "/v1/orders?open=1")),
        ("DELETE /v1", ("DELETE", "/v1")),
    ],
)
def test_an_operation_as_it_is_sent(tmp_path, named, sent):
    assert system(tmp_path, prefix="/v1").contract.located(named) == sent
