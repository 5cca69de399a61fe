"""Below which prefix and at which servers operations stand, and which one a request is for."""

import pytest
from documents import document

OK = {"responses": {"200": {"description": "ok"}}}


@pytest.mark.parametrize(
    ("version", "more", "prefix"),
    [
        ("3.1.0", {}, ""),
        ("3.1.0", {"servers": [{"url": "/"}]}, ""),
        ("3.1.0", {"servers": [{"url": "https://api.example.com"}]}, ""),
        ("3.1.0", {"servers": [{"url": "https://api.example.com/v1/"}, {"url": "/v2"}]}, "/v1"),
        ("3.1.0", {"servers": [{"url": "v3"}]}, "/v3"),
        ("3.1.0", {"servers": [{"url": "https://{host}/{base}", "variables": {"host": {"default": "a"}, "base": {"default": "v4"}}}]}, "/v4"),
        ("3.1.0", {"servers": [{"url": "http://[bad"}]}, ""),
        ("3.1.0", {"servers": None}, ""),
        ("2.0", {"basePath": "/v5/"}, "/v5"),
        ("2.0", {"basePath": "v6", "host": "api.example.com"}, "/v6"),
        ("2.0", {}, ""),
    ],
)  # fmt: skip
def test_the_prefix_is_the_base_path(version, more, prefix):
    assert document(version=version, **more).prefix == prefix


def test_servers_may_be_those_of_a_path_or_of_an_operation():
    read = document({"/a": {"get": OK, "put": OK | {"servers": [{"url": "/put"}]}}, "/b": {"servers": [{"url": "/b"}], "get": OK}},
                    servers=[{"url": "/all"}])  # fmt: skip
    assert [operation.prefix for operation in read.operations] == ["/all", "/put", "/b"]
    assert [read.base(path) for path in ("/a", "/b", "/c")] == ["/put", "/b", None]
    assert read.servers == ("/all",)


def test_servers_stand_beside_the_document_that_was_fetched():
    read = document(servers=[{"url": "./v1"}], source="http://127.0.0.1:1/docs/openapi.json")
    assert (read.servers, read.prefix) == (("http://127.0.0.1:1/docs/v1",), "/docs/v1")


@pytest.mark.parametrize("source", ["http://127.0.0.1:1/docs/openapi.json", ""])
def test_an_empty_server_is_the_host_and_not_the_document(source):
    assert document(servers=[{"url": ""}], source=source).prefix == ""


@pytest.mark.parametrize(
    ("method", "path", "label"),
    [
        ("GET", "/orders", "GET /orders"),
        ("get", "/orders?limit=1", "GET /orders"),
        ("GET", "/orders/7", "GET /orders/{id}"),
        ("GET", "/orders/mine", "GET /orders/mine"),
        ("DELETE", "/orders/mine", "DELETE /orders/{id}"),
        ("GET", "/orders/a%2Fb", "GET /orders/{id}"),
        ("GET", "/orders/%6Dine", "GET /orders/mine"),
        ("GET", "/orders/", None),
        ("GET", "/orders/7/", None),
        ("GET", "/orders/7/x", None),
        ("POST", "/orders", None),
        ("GET", "/files/a.json", "GET /files/{name}.json"),
        ("GET", "/files/a.b.json", "GET /files/{name}.json"),
        ("GET", "/files/.json", "GET /files/{any}"),
        ("GET", "/files/a.xml", "GET /files/{any}"),
        ("GET", "/range/1-2", "GET /range/{from}-{to}"),
        ("GET", "/range/1", None),
        ("GET", "/Users(7)", "GET /Users({id})"),
        ("GET", "/a/x/c", "GET /a/{b}/c"),
        ("GET", "/a/b/c", "GET /a/b/{c}"),
        ("GET", "/ü/x y", "GET /%C3%BC/{x}"),
        ("POST", "/#Action=List", "POST /#Action=List"),
        ("GET", "orders", None),
        ("GET", "", None),
    ],
)
def test_a_request_is_for_the_operation_with_the_most_literal_path(method, path, label):
    paths = ["/files/{any}", "/files/{name}.json", "/orders/{id}", "/orders/mine", "/orders", "/range/{from}-{to}", "/Users({id})",
             "/a/{b}/c", "/a/b/{c}", "/%C3%BC/{x}"]  # fmt: skip
    read = document(
        {path: {"get": OK} for path in paths} | {"/orders/{id}": {"get": OK, "delete": OK}, "/#Action=List": {"post": OK}}
    )
    found = read.operation(method, path)
    assert (found.label if found else None) == label
    assert read.has_path(path) == (label is not None or path == "/orders")


def test_paths_may_be_written_in_full():
    read = document({"/api/v1/orders": {"get": OK}})
    assert [read.in_full(prefix) for prefix in ("/api/v1", "/api/v1/", "/api/v2", "/api/v1/orders")] == [True, True, False, False]
