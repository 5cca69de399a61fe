"""Probes of authentication, authorization and the API's edges, on services with one thing wrong and with nothing wrong."""

import pytest
import services
import vulnerable_apis

from SecurityLibrary import probes, runner
from SecurityLibrary.authentication import word_lists
from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.scan import Scan
from SecurityLibrary.sending.sender import Sender


@pytest.fixture(autouse=True)
def _secrets(monkeypatch):
    for name, secret in services.SECRETS.items():
        monkeypatch.setenv(f"TOKEN_{name.upper()}", secret)
    for name, password in vulnerable_apis.PASSWORDS.items():
        monkeypatch.setenv(f"PASSWORD_{name.partition('@')[0].upper()}", password)
    monkeypatch.setenv("SHOP_KEY", vulnerable_apis.KEY)


ORDERING = services.by_token("alice", "bob", "boss", boss={"role": "admin"})
SIGNED_IN = {
    "identities": {"alice": {"username": "alice@example.test", "password_env": "PASSWORD_ALICE"}},
    "sign_in": vulnerable_apis.LOGIN,
}
SPARE = {"username": "spare@example.test", "password_env": "PASSWORD_SPARE", "lockable": True}
ENTRIES = {
    vulnerable_apis.orders: {"rows": vulnerable_apis.ORDERS, "identities": ORDERING, "jwt": {"key_env": "SHOP_KEY"}},
    vulnerable_apis.tokens: {
        "rows": vulnerable_apis.TOKENS,
        **SIGNED_IN,
        "sign_out": "POST /logout",
        "jwt": {"key_env": "SHOP_KEY"},
    },
    vulnerable_apis.edges: {"rows": vulnerable_apis.EDGES},
    vulnerable_apis.keys: {
        "rows": vulnerable_apis.KEYS,
        "identities": SIGNED_IN["identities"] | {"spare": SPARE},
        "sign_in": vulnerable_apis.LOGIN,
        "contract": vulnerable_apis.KEYS_DOCUMENT,
        "plant": {"operation": "POST /keys", "body": {"name": "a"}, "secret": "key"},
    },
}


def scanned(make, *names, wrong=(), tenants=None, budget=20_000, progress=lambda _: None):
    entries = dict(ENTRIES[make])
    if tenants:
        identities = entries["identities"].items()
        entries["identities"] = {name: identity | {"tenant": tenants.get(name, "a")} for name, identity in identities}
    with services.serving(make(*wrong)) as url:
        shop = services.target(url, **entries)
        return services.scanned(shop, *names, client=shop.client(budget), allow_changes=True, seed=5, progress=progress)


WRONG = [
    ("missing-authentication", vulnerable_apis.orders, "open", 306),
    ("object-level", vulnerable_apis.orders, "bola", 639),
    ("object-level", vulnerable_apis.orders, "delete", 639),
    ("function-level", vulnerable_apis.orders, "bfla", 285),
    ("mass-assignment", vulnerable_apis.orders, "mass", 915),
    ("excessive-data", vulnerable_apis.orders, "excessive", 213),
    ("jwt-none", vulnerable_apis.tokens, "none", 347),
    ("jwt-signature", vulnerable_apis.tokens, "unchecked", 347),
    ("jwt-weak-key", vulnerable_apis.tokens, "weak", 326),
    ("jwt-weak-key", vulnerable_apis.tokens, "word", 326),
    ("jwt-kid", vulnerable_apis.tokens, "kid", 73),
    ("token-expired", vulnerable_apis.tokens, "expired", 613),
    ("token-not-yet-valid", vulnerable_apis.tokens, "early", 345),
    ("token-foreign", vulnerable_apis.tokens, "foreign", 346),
    ("token-use", vulnerable_apis.tokens, "use", 345),
    ("token-after-logout", vulnerable_apis.tokens, "logout", 613),
    ("user-enumeration", vulnerable_apis.tokens, "told", 204),
    ("user-enumeration", vulnerable_apis.tokens, "quick", 204),
    ("default-credentials", vulnerable_apis.tokens, "default", 1392),
    ("default-credentials", vulnerable_apis.tokens, "usual", 1392),
    ("brute-force", vulnerable_apis.tokens, "unlimited", 307),
    ("limit-bypass", vulnerable_apis.tokens, "forwarded", 348),
    ("cookie-flags", vulnerable_apis.tokens, "cookie", 1004),
    ("session-fixation", vulnerable_apis.tokens, "cookie", 384),
    ("mfa-bypass", vulnerable_apis.tokens, "mfa", 308),
    ("secrets-in-urls", vulnerable_apis.tokens, "in-url", 598),
    ("echoed-secrets", vulnerable_apis.tokens, "echo", 209),
    ("jwt-confusion", vulnerable_apis.keys, "confusion", 347),
    ("token-after-password-change", vulnerable_apis.keys, "outlives", 613),
    ("password-policy", vulnerable_apis.keys, "weak", 521),
    ("masking", vulnerable_apis.keys, "shown", 522),
    ("own-secrets", vulnerable_apis.keys, "tells", 522),
    ("contract", vulnerable_apis.keys, "undocumented", 1059),
    ("methods", vulnerable_apis.edges, "trace-method", 749),
    ("size-limit", vulnerable_apis.edges, "sizes", 770),
    ("page-limit", vulnerable_apis.edges, "pages", 770),
    ("server-error", vulnerable_apis.edges, "fails", 755),
    ("cors", vulnerable_apis.edges, "cors", 942),
    ("security-headers", vulnerable_apis.edges, "headers", 693),
    ("banner", vulnerable_apis.edges, "banner", 200),
    ("stack-trace", vulnerable_apis.edges, "trace", 209),
    ("host-header", vulnerable_apis.edges, "host", 644),
    ("undocumented", vulnerable_apis.edges, "forgotten", 1059),
    ("sensitive-data", vulnerable_apis.edges, "card", 200),
]


@pytest.mark.parametrize(("probe", "make", "wrong", "cwe"), WRONG, ids=[f"{probe}-{wrong}" for probe, _, wrong, _ in WRONG])
def test_the_weakness_is_found(probe, make, wrong, cwe):
    scan = scanned(make, probe, wrong=(wrong,))
    assert {(finding.probe, finding.cwe) for finding in scan.findings if finding.severity} == {(probe, cwe)}, scan.coverage[probe]


RIGHT = sorted(
    {(probe, make) for probe, make, _, _ in WRONG if probe not in ("cookie-flags", "session-fixation", "mfa-bypass")},
    key=lambda pair: pair[0],
)


@pytest.mark.parametrize(("probe", "make"), RIGHT, ids=[probe for probe, _ in RIGHT])
def test_nothing_is_found_where_nothing_is(probe, make):
    scan = scanned(make, probe)
    assert [str(finding) for finding in scan.findings if finding.severity] == []
    assert scan.coverage[probe].tried


def test_an_identity_of_the_description_is_tried_with_its_own_password_only(monkeypatch):
    """Wrong ones could lock it; its own is looked up in the lists."""
    monkeypatch.setitem(vulnerable_apis.PASSWORDS, "admin", "sunshine")
    monkeypatch.setenv("PASSWORD_ADMIN", "sunshine")
    sent = []
    monkeypatch.setattr(
        Sender,
        "try_sign_in",
        lambda self, name, password, *a, real=Sender.try_sign_in, **k: (
            sent.append((name, password)) or real(self, name, password, *a, **k)
        ),
    )
    monkeypatch.setitem(
        ENTRIES[vulnerable_apis.tokens], "identities", {"admin": {"username": "admin", "password_env": "PASSWORD_ADMIN"}}
    )
    (finding,) = scanned(vulnerable_apis.tokens, "default-credentials").findings
    assert (finding.severity, finding.observed) == (Severity.LOW, "'admin' signs in with one of the 10,000 most used passwords")
    assert {password for name, password in sent if name == "admin"} == {"sunshine"}


def test_tenants_are_distinguished_from_people():
    scan = scanned(vulnerable_apis.orders, "tenant-level", wrong=("bola",), tenants={"bob": "b"})
    assert {finding.probe for finding in scan.findings} == {"tenant-level"}
    exclusive = scanned(vulnerable_apis.orders, "tenant-level", wrong=("bola",))
    assert exclusive.findings == []
    assert "two identities" in exclusive.coverage["tenant-level"].skipped["all"]


@pytest.mark.parametrize("trap", ["says-fail", "no-effect"])
def test_a_status_alone_is_no_finding(trap):
    """200 with "fail" in it, and 204 where nothing happened."""
    scan = scanned(vulnerable_apis.orders, "missing-authentication", "object-level", wrong=(trap,))
    assert [str(finding) for finding in scan.findings] == []
    assert "GET /orders/{order_id}" in scan.coverage["missing-authentication"].tried


@pytest.mark.parametrize("trap", ["hides", "spa"])
def test_unknown_paths_that_answer_are_not_forgotten_ones(trap):
    """401 for all unknown paths, and one page for all of them."""
    assert scanned(vulnerable_apis.edges, "undocumented", "methods", wrong=(trap,)).findings == []


def test_nothing_at_all_is_found_on_healthy_services():
    scan = scanned(vulnerable_apis.orders, *(name for name in probes.REGISTRY if name not in ("security-headers", "size-limit")))
    assert [str(finding) for finding in scan.findings if finding.severity] == []


def test_a_service_that_fails_always_is_one_finding():
    async def fail(scope, receive, send):
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 500, "headers": []})
            await send({"type": "http.response.body", "body": b"oops"})

    with services.serving(fail) as url:
        broken = services.target(url, [f"GET /a{number}?q=x" for number in range(50)])
        scan = services.scanned(broken, client=broken.client(), allow_changes=True)
    assert [(finding.probe, len(finding.locations)) for finding in scan.findings] == [("server-error", 50)]
    assert not scan.coverage["sql-injection"].tried


def test_a_service_that_goes_away_stops_the_scan_and_keeps_what_was_found():
    with services.serving(services.sql("errors")) as url:
        shop = services.target(url, ["GET /items?name=pen"], timeout=1)
        client = shop.client()
        scan = Scan(shop, client, seed=1)
        runner.run(scan, probes.chosen(["sql-injection"]))
    assert [finding.probe for finding in scan.findings] == ["sql-injection"]
    kept = list(scan.findings)
    scan.plan._points = None
    scan.plan._controls.clear()
    runner.run(scan, probes.chosen(["command-injection", "cors"]))
    client.close()
    assert scan.findings == kept
    assert "stopped answering" in scan.stopped or not scan.coverage["command-injection"].tried


def test_a_scan_keeps_to_its_budget():
    scan = scanned(vulnerable_apis.edges, wrong=("banner",), budget=60)
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


def test_progress_is_reported():
    lines = []
    scanned(vulnerable_apis.edges, "banner", "cors", progress=lines.append)
    assert lines[-1].startswith("[2/2] ")


def test_the_lists_are_long_enough():
    assert len(word_lists.passwords()) == 10_000
    assert {"random", "Marmalade", "QWERTY"} <= {*word_lists.keys()}
