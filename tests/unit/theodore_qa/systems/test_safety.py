"""Nothing hostile is done without a grant, to a system that is not the one that is meant, or to a foreign host."""

import json

import pytest

from theodore_qa.adversaries.proxy import RawExchange, Server
from theodore_qa.errors import QaError
from theodore_qa.systems import environment


class Shop(Server):
    """Says which one it is, in several places, and counts its requests."""

    requests = 0

    def answer(self, method, path, headers, body):
        self.requests += 1
        status = 404 if path == "/nothing" else 200
        text = json.dumps({"build": {"id": "one", "green": True, "parts": [{"id": 7}]}}).encode()
        return RawExchange(method, path, body, status, (("Content-Type", "application/json"), ("X-Instance", "one")), text)


@pytest.fixture
def shop():
    with Shop() as shop:
        yield shop


def described(shop, tmp_path, *, kind="test", allow=None, hosts=None, **entries):
    entry = {"url": shop.url, "proof": {"operation": "GET /version", "field": "build.id", "value": "one"}} | entries
    allowed = {"chaos": True} if allow is None else allow
    data = {"name": "mine", "kind": kind, "allow": allowed, "systems": {"shop": entry}} | ({"hosts": hosts} if hosts else {})
    return environment.from_mapping(data, tmp_path / "mine.yaml").system("shop")


@pytest.mark.parametrize(
    "proof",
    [
        {"operation": "GET /version", "field": "build.id", "value": "one"},
        {"operation": "GET /version", "field": "/build/parts/0/id", "value": 7},
        {"operation": "GET /version", "field": "build.green", "value": True},
        {"operation": "GET /version", "header": "X-Instance", "value": "one"},
    ],
)
def test_granted_and_proved(shop, tmp_path, proof):
    described(shop, tmp_path, proof=proof).permit("chaos")
    assert shop.requests == 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"allow": {}}, "The environment mine does not allow chaos: grant it by 'allow: {chaos: true}' in mine.yaml."),
        (
            {"kind": "production", "allow": {}},
            "The environment mine is production: only read-only probes are permitted there, not chaos.",
        ),
        (
            {"proof": {"operation": "GET /version"}},
            "The environment mine does not say how the system shop proves to be the one that is meant: add 'proof: {operation: GET "
            "/version, field: build.instance_id, value: ...}' to it in mine.yaml.",
        ),
    ],
)
def test_refused_before_the_first_request(shop, tmp_path, change, sentence):
    with pytest.raises(QaError) as caught:
        described(shop, tmp_path, **change).permit("chaos")
    assert str(caught.value) == sentence
    assert shop.requests == 0


@pytest.mark.parametrize(
    ("proof", "read"),
    [
        (
            {"operation": "GET /version", "field": "build.id", "value": "two"},
            "expected 'two' in the field build.id of GET /version, observed 'one'",
        ),
        (
            {"operation": "GET /version", "field": "build.no", "value": "two"},
            "in the field build.no of GET /version, observed 'nothing'",
        ),
        (
            {"operation": "GET /version", "header": "X-No", "value": "two"},
            "in the header X-No of GET /version, observed 'nothing'",
        ),
        ({"operation": "GET /nothing", "field": "build.id", "value": "one"}, "of GET /nothing (status 404), observed 'nothing'"),
        ({"certificate_sha256": "ab" * 32}, "in the SHA-256 of its TLS certificate, observed 'nothing'"),
    ],
)
def test_another_one_is_refused_and_the_message_says_what_was_read(shop, tmp_path, proof, read):
    with pytest.raises(QaError) as caught:
        described(shop, tmp_path, proof=proof).permit("chaos")
    assert read in str(caught.value)
    assert str(caught.value).endswith("; nothing was done to it.")


def test_a_misspelt_action_is_answered(shop, tmp_path):
    with pytest.raises(QaError, match="did you mean 'chaos'"):
        described(shop, tmp_path).permit("choas")


def test_production_gets_reads_and_sign_ins_alone(shop, tmp_path):
    ways = {"sign_in": {"operation": "POST /login"}, "sign_out": "POST /logout", "prefix": "/api"}
    production = described(shop, tmp_path, kind="production", allow={}, **ways)
    production.request("GET", "/version")
    production.request("POST", "/login", json_body={})
    production.request("POST", "/logout")
    for method, path in (("POST", "/research"), ("DELETE", "/login"), ("POST", "/research/login")):
        with pytest.raises(QaError, match=f"{method} /api{path} was not sent"):
            production.request(method, path)
    assert shop.requests == 3


def test_a_foreign_host_gets_nothing(shop, tmp_path):
    system = described(shop, tmp_path)
    with pytest.raises(
        QaError, match="The host elsewhere.example of http://elsewhere.example is not among the environment's hosts"
    ):
        system.new_client("http://elsewhere.example")
    assert shop.requests == 0


def test_load_is_capped_by_the_grant(shop, tmp_path):
    assert described(shop, tmp_path, allow={"load_max_rps": 20}).capped(500) == 20
    assert described(shop, tmp_path).capped(500) == 500
