"""Probes of authentication, authorization and the API's edges, on services with one thing wrong and with nothing wrong."""

import doors
import pytest
import services

from SecurityLibrary import probes, runner
from SecurityLibrary.scan import Scan


@pytest.fixture(autouse=True)
def _secrets(monkeypatch):
    for name, secret in services.SECRETS.items():
        monkeypatch.setenv(f"TOKEN_{name.upper()}", secret)
    for name, password in doors.PASSWORDS.items():
        monkeypatch.setenv(f"PASSWORD_{name.partition('@')[0].upper()}", password)
    monkeypatch.setenv("SHOP_KEY", doors.KEY)


ORDERING = services.by_token("alice", "bob", "boss", boss={"role": "admin"})
SIGNED_IN = {
    "identities": {"alice": {"username": "alice@example.test", "password_env": "PASSWORD_ALICE"}},
    "sign_in": doors.LOGIN,
}
ENTRIES = {
    doors.orders: {"rows": doors.ORDERS, "identities": ORDERING, "jwt": {"key_env": "SHOP_KEY"}},
    doors.tokens: {"rows": doors.TOKENS, **SIGNED_IN, "sign_out": "POST /logout", "jwt": {"key_env": "SHOP_KEY"}},
    doors.edges: {"rows": doors.EDGES},
    doors.keys: {
        "rows": doors.KEYS,
        **SIGNED_IN,
        "contract": doors.KEYS_DOCUMENT,
        "plant": {"operation": "POST /keys", "body": {"name": "a"}, "secret": "key"},
    },
}


def scanned(make, *names, wrong=(), tenants=None, budget=20_000, progress=lambda _: None):
    entries = dict(ENTRIES[make])
    if tenants:
        identities = entries["identities"].items()
        entries["identities"] = {name: one | {"tenant": tenants.get(name, "a")} for name, one in identities}
    with services.serving(make(*wrong)) as url:
        shop = services.target(url, **entries)
        return services.scanned(shop, *names, client=shop.client(budget), allow_changes=True, seed=5, progress=progress)


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
    assert {(one.probe, one.cwe) for one in scan.findings if one.severity} == {(probe, cwe)}, scan.coverage[probe]


RIGHT = sorted(
    {(probe, make) for probe, make, _, _ in WRONG if probe not in ("cookie-flags", "session-fixation", "mfa-bypass")},
    key=lambda pair: pair[0],
)


@pytest.mark.parametrize(("probe", "make"), RIGHT, ids=[probe for probe, _ in RIGHT])
def test_nothing_is_found_where_nothing_is(probe, make):
    scan = scanned(make, probe)
    assert [str(one) for one in scan.findings if one.severity] == []
    assert scan.coverage[probe].tried


def test_tenants_are_told_from_people():
    scan = scanned(doors.orders, "tenant-level", wrong=("bola",), tenants={"bob": "b"})
    assert {one.probe for one in scan.findings} == {"tenant-level"}
    alone = scanned(doors.orders, "tenant-level", wrong=("bola",))
    assert alone.findings == []
    assert "two identities" in alone.denominators["tenant-level"].skipped["all"]


@pytest.mark.parametrize("trap", ["says-fail", "no-effect"])
def test_a_status_alone_is_no_finding(trap):
    """200 with "fail" in it, and 204 where nothing happened."""
    scan = scanned(doors.orders, "missing-authentication", "object-level", wrong=(trap,))
    assert [str(one) for one in scan.findings] == []
    assert "GET /orders/{order_id}" in scan.coverage["missing-authentication"].tried


@pytest.mark.parametrize("trap", ["hides", "spa"])
def test_unknown_paths_that_answer_are_not_forgotten_ones(trap):
    """401 for all unknown paths, and one page for all of them."""
    assert scanned(doors.edges, "undocumented", "methods", wrong=(trap,)).findings == []


def test_nothing_at_all_is_found_on_healthy_services():
    scan = scanned(doors.orders, *(name for name in probes.REGISTRY if name not in ("security-headers", "size-limit")))
    assert [str(one) for one in scan.findings if one.severity] == []


def test_a_service_that_fails_always_is_one_finding():
    async def fail(scope, receive, send):
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 500, "headers": []})
            await send({"type": "http.response.body", "body": b"oops"})

    with services.serving(fail) as url:
        broken = services.target(url, [f"GET /a{number}?q=x" for number in range(50)])
        scan = services.scanned(broken, client=broken.client(), allow_changes=True)
    assert [(one.probe, len(one.places)) for one in scan.findings] == [("server-error", 50)]
    assert not scan.coverage["sql-injection"].tried


def test_a_service_that_goes_away_stops_the_scan_and_keeps_what_was_found():
    with services.serving(services.sql("errors")) as url:
        shop = services.target(url, ["GET /items?name=pen"], timeout=1)
        client = shop.client()
        scan = Scan(shop, client, seed=1)
        runner.run(scan, probes.chosen(["sql-injection"]))
    assert [one.probe for one in scan.findings] == ["sql-injection"]
    kept = list(scan.findings)
    scan.plan._points = None
    scan.plan._controls.clear()
    runner.run(scan, probes.chosen(["command-injection", "cors"]))
    client.close()
    assert scan.findings == kept
    assert "has stopped to answer" in scan.stopped or not scan.coverage["command-injection"].tried


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
        shop = services.target(url, ["GET /items?name=pen"])
        scan = services.scanned(shop, "command-injection", "redos", client=shop.client(), seed=2)
    assert scan.findings == []
    assert scan.coverage["redos"].tried


def test_progress_is_told():
    said = []
    scanned(doors.edges, "banner", "cors", progress=said.append)
    assert said[-1].startswith("[2/2] ")
