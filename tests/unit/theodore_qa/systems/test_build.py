"""The build that a system shows: read where its description says, and unknown wherever there is nothing to read."""

import json

import pytest

from theodore_qa.adversaries.proxy import RawExchange, Server
from theodore_qa.errors import UsageError
from theodore_qa.systems import environment
from theodore_qa.systems.build import LONGEST, observed_build


class Shop(Server):
    """Shows its build in several places."""

    def answer(self, method, path, headers, body):
        texts = {"/version": json.dumps({"version": "1.4.2", "build": {"commit": "abc", "parts": []}}), "/plain": " 7f3 \n", "/long": "x" * 999}
        text = texts.get(path, "").encode()
        kind = "application/json" if path == "/version" else "text/plain"
        return RawExchange(method, path, body, 200 if text else 404, (("Content-Type", kind), ("X-Build", "b1")), text)


@pytest.fixture
def shop():
    with Shop() as shop:
        yield shop


def described(shop, tmp_path, build, url=""):
    entry = {"url": url or shop.url} | ({"build": build} if build else {})
    data = {"name": "mine", "kind": "test", "systems": {"shop": entry}}
    return environment.from_mapping(data, tmp_path / "mine.yaml").system("shop")


@pytest.mark.parametrize(
    ("build", "observed"),
    [
        ({"operation": "GET /version", "fields": ["version", "build.commit"]}, "1.4.2 abc"),
        ({"operation": "GET /version", "fields": ["/build/commit"]}, "abc"),
        ({"operation": "GET /version", "header": "x-build"}, "b1"),
        ({"operation": "GET /plain"}, "7f3"),
        ({"operation": "GET /long"}, "x" * LONGEST),
        ({"operation": "GET /version", "fields": ["version", "build.date"]}, ""),
        ({"operation": "GET /version", "fields": ["build"]}, ""),
        ({"operation": "GET /version", "header": "x-none"}, ""),
        ({"operation": "GET /plain", "fields": ["version"]}, ""),
        ({"operation": "GET /nothing"}, ""),
        (None, ""),
    ],
)
def test_the_build_is_what_stands_there(shop, tmp_path, build, observed):
    assert observed_build(described(shop, tmp_path, build)) == observed


def test_a_system_that_is_gone_has_no_build(shop, tmp_path):
    assert observed_build(described(shop, tmp_path, {"operation": "GET /version"}, "http://127.0.0.1:9")) == ""


@pytest.mark.parametrize("build", [{}, {"operation": "POST /version"}, {"operation": "GET /v", "field": "a"}, {"operation": "GET /v", "fields": "a"}])
def test_an_entry_that_is_wrong_is_named(shop, tmp_path, build):
    with pytest.raises(UsageError, match="build"):
        environment.from_mapping({"name": "m", "systems": {"shop": {"url": shop.url, "build": build}}}, tmp_path / "m.yaml")
