"""What is found beyond the first look: objects that are listed or borrowed, other tenants' lists, renewal, second texts of XML."""

from types import SimpleNamespace

import archive
import pytest
import services

from SecurityLibrary.description import operations
from SecurityLibrary.proof import oracles
from SecurityLibrary.scan import Scan
from SecurityLibrary.values.randomness import ScanRandom


@pytest.fixture(autouse=True)
def _passwords(monkeypatch):
    for name, password in archive.PASSWORDS.items():
        monkeypatch.setenv(f"PASSWORD_{name.upper()}", password)


def target_of(url):
    identities = {
        name: {"username": name, "password_env": f"PASSWORD_{name.upper()}", "tenant": archive.TENANTS[name]}
        for name in archive.PASSWORDS
    }
    return services.target(url, archive.ROWS, identities, archive.LOGIN, sign_out="DELETE /session")


def scanned(*names, wrong=()):
    with services.serving(archive.archive(*wrong)) as url:
        return services.scanned(target_of(url), *names, allow_changes=True, seed=13)


WRONG = [
    ("object-level", "parts", "GET /documents/{document_id}/parts"),
    ("object-level", "share", "POST /shares body document_id"),
    ("tenant-level", "tenant", "GET /documents query tenant"),
    ("token-after-logout", "renewal", "POST /session/refresh"),
    ("xxe", "xxe", "POST /import"),
    ("methods", "override", "POST /me"),
    ("redos", "slow", "POST /contacts body address"),
    ("user-enumeration", "told", "POST /session"),
]


@pytest.mark.parametrize(("probe", "wrong", "location"), WRONG, ids=[row[1] for row in WRONG])
def test_the_weakness_is_found(probe, wrong, location):
    scan = scanned(probe, wrong=(wrong,))
    assert location in {each for finding in scan.findings for each in finding.locations}, scan.coverage[probe]
    assert {finding.probe for finding in scan.findings} == {probe}


@pytest.mark.parametrize("probe", sorted({row[0] for row in WRONG}))
def test_nothing_is_found_in_the_fixed_fixture(probe):
    scan = scanned(probe)
    assert not scan.findings
    assert scan.coverage[probe].tried, scan.coverage[probe].skipped


def test_what_is_empty_tells_nothing():
    scan = scanned("object-level")
    assert "GET /documents/{document_id}/parts" in scan.coverage["object-level"].tried  # by the object that was listed


def test_attacks_on_the_sign_in_do_not_shut_each_other_out():
    names = ("sql-injection", "default-credentials", "user-enumeration", "brute-force")
    scan = scanned(*names)
    assert not scan.findings
    assert all(scan.coverage[name].tried for name in names), scan.coverage


def test_a_server_that_believes_proxies_of_its_own_machine_is_no_finding():
    def login(request):
        forwarded = request.headers.get("x-forwarded-for") if request.client.host == "127.0.0.1" else None
        who = forwarded or request.client.host
        tries[who] = tries.get(who, 0) + 1
        return services.JSONResponse({"error": "refused"}, 429 if tries[who] > archive.LIMIT else 401)

    tries = {}
    with services.serving(services.app(("POST", "/login", login))) as url:
        rows = [{"operation": "POST /login", "public": True, "body": {"username": "a", "password": "b"}}]
        scan = services.scanned(services.target(url, rows, sign_in={"operation": "POST /login"}), "limit-bypass")
    assert scan.coverage["limit-bypass"].tried == {"POST /login"}
    assert not scan.findings


def test_nothing_is_removed_that_was_there_before():
    scan = scanned("missing-authentication")
    expected = "it would remove what was there before, and the API makes no other"
    assert scan.coverage["missing-authentication"].skipped["DELETE /folders/{folder_id}"] == expected


def test_to_ask_for_a_mail_is_no_change_of_the_password():
    rows = ("POST /password-resets", "POST /password-resets/confirm", "POST /change-password")
    bodies = ({"email": "a@example.com"}, {"token": "x", "new_password": "y"}, {"user": "a", "password": "y"})
    disruptive = [
        operations.from_table({"operation": row, "body": body}).disruptive for row, body in zip(rows, bodies, strict=True)
    ]
    assert disruptive == [False, True, True]


ITEMS = {
    "type": "object",
    "required": ["lines"],
    "properties": {
        "lines": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["text", "count"],
                "properties": {"text": {"type": "string"}, "count": {"type": "integer", "minimum": 3}},
            },
        },
        "filter": {"type": "object"},
    },
}


def posting(schema, example=None):
    content = {"schema": schema} | ({"example": example} if example else {})
    operation = {"requestBody": {"content": {"application/json": content}}, "responses": {}}
    return services.target("http://127.0.0.1:1", contract={"openapi": "3.1.0", "paths": {"/orders": {"post": operation}}})


def test_an_item_that_a_value_goes_into_is_whole():
    shop = posting(ITEMS)
    operation, scan = shop.operations[0], Scan(shop, shop.client())
    text = next(parameter for parameter in operation.parameters if parameter.name == "lines[].text")
    assert scan.sender.builder.composed(operation, {text: "pen"}, None, raw=False)[2] == {"lines": [{"text": "pen", "count": 3}]}


def test_the_example_of_an_object_without_properties_names_its_places():
    shop = posting(ITEMS, {"lines": [], "filter": {"category": "tea", "name": {"op": "like", "value": "%tea%"}}})
    locations = {parameter.name for parameter in shop.operations[0].parameters}
    assert {"filter.category", "filter.name.op", "filter.name.value"} <= locations


@pytest.mark.parametrize("seed", range(20))
def test_what_changes_in_turn_follows_no_condition(seed):
    turn = iter(range(100))

    def ask(*, condition):
        return SimpleNamespace(status=200, body={"reporter": ("ann", "ben")[next(turn) % 2]}, media="", location="", text="")

    scan = SimpleNamespace(random=ScanRandom(seed))
    assert oracles.in_rounds(scan, ask, [], set()) is None


def test_no_token_that_an_attack_has_brought_is_shown():
    finding = scanned("token-after-logout", wrong=("renewal",)).findings[0]
    responses = " ".join(part["response"] for part in finding.evidence)
    assert '{"session":{"access":"***","refresh":"***"}}' in responses
