"""Probes of authentication, authorization and the API's edges, on services with one thing wrong and with nothing wrong."""

import doors
import pytest
import services

from SecurityLibrary import operations, probes
from SecurityLibrary.exchange import Client
from SecurityLibrary.identities import Door, Person
from SecurityLibrary.scan import Scan
from SecurityLibrary.target import Api


@pytest.fixture(autouse=True)
def _secrets(monkeypatch):
    for name, secret in services.SECRETS.items():
        monkeypatch.setenv(f"TOKEN_{name.upper()}", secret)
    for name, password in doors.PASSWORDS.items():
        monkeypatch.setenv(f"PASSWORD_{name.partition('@')[0].upper()}", password)
    monkeypatch.setenv("SHOP_KEY", doors.KEY)


def people_of(kind):
    if kind is doors.orders:
        boss = {"boss": Person("boss", token_env="TOKEN_BOSS", role="admin")}
        return {name: Person(name, token_env=f"TOKEN_{name.upper()}") for name in ("alice", "bob")} | boss
    if kind in (doors.tokens, doors.keys):
        return {"alice": Person("alice", "alice@example.test", "PASSWORD_ALICE")}
    return {}


ROWS = {doors.orders: doors.ORDERS, doors.tokens: doors.TOKENS, doors.edges: doors.EDGES, doors.keys: doors.KEYS}


def scanned(make, *names, wrong=(), tenants=None, budget=20_000, progress=None):
    with services.serving(make(*wrong)) as url:
        people = people_of(make)
        if tenants:
            people = {
                name: Person(name, token_env=one.token_env, role=one.role, tenant=tenants.get(name, "a"))
                for name, one in people.items()
            }
        login = Door("shop", doors.LOGIN if make in (doors.tokens, doors.keys) else {})
        logout = "POST /logout" if make is doors.tokens else ""
        api = Api(
            "shop", url, [operations.from_table(row) for row in ROWS[make]], people, login, logout, jwt={"key_env": "SHOP_KEY"}
        )
        if make is doors.keys:
            documented = {str(one): one for one in operations.from_openapi(doors.KEYS_DOCUMENT)}
            api.operations = [documented.get(str(one), one) for one in api.operations]
            api.document, api.plant, api.jwt = (
                doors.KEYS_DOCUMENT,
                {"operation": "POST /keys", "body": {"name": "a"}, "secret": "key"},
                {},
            )
        client = Client(url, ("127.0.0.1",), budget)
        options = {"progress": progress} if progress else {}
        return services.scanned(api, *names, client=client, allow_changes=True, seed=5, **options)


WRONG = [
    ("missing-authentication", doors.orders, "open", 306),
    ("object-level", doors.orders, "bola", 639),
    ("object-level", doors.orders, "delete", 639),
    ("function-level", doors.orders, "bfla", 285),
    ("mass-assignment", doors.orders, "mass", 915),
    ("excessive-data", doors.orders, "excessive", 213),
    ("jwt-none", doors.tokens, "none", 347),
    ("jwt-signature", doors.tokens, "unchecked", 347),
    ("jwt-weak-key", doors.tokens, "weak", 326),
    ("jwt-kid", doors.tokens, "kid", 73),
    ("token-expired", doors.tokens, "expired", 613),
    ("token-not-yet-valid", doors.tokens, "early", 345),
    ("token-foreign", doors.tokens, "foreign", 346),
    ("token-use", doors.tokens, "use", 345),
    ("token-after-logout", doors.tokens, "logout", 613),
    ("user-enumeration", doors.tokens, "told", 204),
    ("user-enumeration", doors.tokens, "quick", 204),
    ("default-credentials", doors.tokens, "default", 1392),
    ("brute-force", doors.tokens, "unlimited", 307),
    ("limit-bypass", doors.tokens, "forwarded", 348),
    ("cookie-flags", doors.tokens, "cookie", 1004),
    ("session-fixation", doors.tokens, "cookie", 384),
    ("mfa-bypass", doors.tokens, "mfa", 308),
    ("secrets-in-urls", doors.tokens, "in-url", 598),
    ("echoed-secrets", doors.tokens, "echo", 209),
    ("jwt-confusion", doors.keys, "confusion", 347),
    ("token-after-password-change", doors.keys, "outlives", 613),
    ("password-policy", doors.keys, "weak", 521),
    ("masking", doors.keys, "shown", 522),
    ("own-secrets", doors.keys, "tells", 522),
    ("contract", doors.keys, "undocumented", 1059),
    ("methods", doors.edges, "trace-method", 749),
    ("size-limit", doors.edges, "sizes", 770),
    ("page-limit", doors.edges, "pages", 770),
    ("server-error", doors.edges, "fails", 755),
    ("cors", doors.edges, "cors", 942),
    ("security-headers", doors.edges, "headers", 693),
    ("banner", doors.edges, "banner", 200),
    ("stack-trace", doors.edges, "trace", 209),
    ("host-header", doors.edges, "host", 644),
    ("undocumented", doors.edges, "forgotten", 1059),
    ("sensitive-data", doors.edges, "card", 200),
]


@pytest.mark.parametrize(("probe", "make", "wrong", "cwe"), WRONG, ids=[f"{probe}-{wrong}" for probe, _, wrong, _ in WRONG])
def test_the_weakness_is_found(probe, make, wrong, cwe):
    scan = scanned(make, probe, wrong=(wrong,))
    assert {(one.probe, one.cwe) for one in scan.findings if one.severity} == {(probe, cwe)}, scan.denominators[probe]


RIGHT = sorted(
    {(probe, make) for probe, make, _, _ in WRONG if probe not in ("cookie-flags", "session-fixation", "mfa-bypass")},
    key=lambda pair: pair[0],
)


@pytest.mark.parametrize(("probe", "make"), RIGHT, ids=[probe for probe, _ in RIGHT])
def test_nothing_is_found_where_nothing_is(probe, make):
    scan = scanned(make, probe)
    assert [str(one) for one in scan.findings if one.severity] == []
    assert scan.denominators[probe].tried


def test_tenants_are_told_from_people():
    scan = scanned(doors.orders, "tenant-level", wrong=("bola",), tenants={"bob": "b"})
    assert {one.probe for one in scan.findings} == {"tenant-level"}
    alone = scanned(doors.orders, "tenant-level", wrong=("bola",))
    assert alone.findings == []
    assert "two identities" in alone.denominators["tenant-level"].left_out["all"]


@pytest.mark.parametrize("trap", ["says-fail", "no-effect"])
def test_a_status_alone_is_no_finding(trap):
    """200 with "fail" in it, and 204 where nothing happened."""
    scan = scanned(doors.orders, "missing-authentication", "object-level", wrong=(trap,))
    assert [str(one) for one in scan.findings] == []
    assert "GET /orders/{order_id}" in scan.denominators["missing-authentication"].tried


@pytest.mark.parametrize("trap", ["hides", "spa"])
def test_unknown_paths_that_answer_are_not_forgotten_ones(trap):
    """401 for all unknown paths, and one page for all of them."""
    assert scanned(doors.edges, "undocumented", "methods", wrong=(trap,)).findings == []


def test_nothing_at_all_is_found_on_healthy_services():
    scan = scanned(doors.orders, *(name for name in probes.BY_ID if name not in ("security-headers", "size-limit")))
    assert [str(one) for one in scan.findings if one.severity] == []


def test_a_service_that_fails_always_is_one_finding():
    async def fail(scope, receive, send):
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 500, "headers": []})
            await send({"type": "http.response.body", "body": b"oops"})

    with services.serving(fail) as url:
        api = Api("broken", url, [operations.from_table(f"GET /a{number}?q=x") for number in range(50)])
        client = Client(url, ("127.0.0.1",))
        scan = Scan(api, client, allow_changes=True)
        scan.run(probes.chosen([]))
        client.close()
    assert [(one.probe, len(one.places)) for one in scan.findings] == [("server-error", 50)]
    assert not scan.denominators["sql-injection"].tried


def test_a_service_that_goes_away_stops_the_scan_and_keeps_what_was_found():
    async def mute(scope, receive, send):
        if scope["type"] == "http":
            raise ConnectionResetError

    with services.serving(services.sql("errors")) as url:
        api = Api("shop", url, [operations.from_table("GET /items?name=pen")])
        client = Client(url, ("127.0.0.1",), timeout=1)
        scan = Scan(api, client, seed=1)
        scan.run(probes.chosen(["sql-injection"]))
    assert [one.probe for one in scan.findings] == ["sql-injection"]
    kept = list(scan.findings)
    scan._slots = None
    scan._controls.clear()
    scan.run(probes.chosen(["command-injection", "cors"]))
    client.close()
    assert scan.findings == kept
    assert "has stopped to answer" in scan.stopped or not scan.denominators["command-injection"].tried


def test_a_scan_keeps_to_its_budget():
    scan = scanned(doors.edges, wrong=("banner",), budget=60)
    assert scan.stopped == "the scan has used up its 60 requests"
    assert scan.client.sent == 60


def test_a_slow_service_is_no_false_alarm():
    import random
    import time as clock

    source = random.Random(3)

    def slow(request):
        clock.sleep(source.choice([0.0] * 30 + [0.3, 1.2, 2.1]))
        return services.JSONResponse({"items": []})

    with services.serving(services.app(("GET", "/items", slow))) as url:
        api = Api("slow", url, [operations.from_table("GET /items?name=pen")])
        client = Client(url, ("127.0.0.1",))
        scan = Scan(api, client, seed=2)
        scan.run(probes.chosen(["command-injection", "redos"]))
        client.close()
    assert scan.findings == []
    assert scan.denominators["redos"].tried


def test_progress_is_told():
    said = []
    scanned(doors.edges, "banner", "cors", progress=said.append)
    assert said[-1].startswith("[2/2] ")
