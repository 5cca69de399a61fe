"""Tokens of links that are counted, and what is kept by a key or an address for whoever comes."""

import itertools
import secrets

import pytest
import services


@pytest.fixture(autouse=True)
def _tokens(monkeypatch):
    for name, secret in services.SECRETS.items():
        monkeypatch.setenv(f"TOKEN_{name.upper()}", secret)


def refused(status=401):
    return services.JSONResponse({"error": "refused"}, status)


@pytest.mark.parametrize(
    ("kind", "name", "severities"),
    [
        ("counted", "token", ["high"]),
        ("counted", "share_link", ["high"]),
        ("secret", "token", []),
        ("short", "token", ["medium"]),
        ("counted", "number", []),
        ("counted", "next_token", []),
        ("once", "token", []),
    ],
)
def test_tokens_of_links_are_not_counted(kind, name, severities):
    numbers, shares = itertools.count(4000), {}

    def share(request):
        if services.who(request) is None:
            return refused()
        made = {"counted": str(next(numbers)), "secret": secrets.token_urlsafe(16), "short": secrets.token_hex(2), "once": "one"}
        token = made[kind]
        shares[token] = {"title": "Sonata", "pages": 4}
        return services.JSONResponse({name: f"https://scores.example/shared/{token}" if name.endswith("link") else token}, 201)

    def shared(request):
        entry = shares.get(request.path_params[name])
        return services.JSONResponse(entry) if entry else refused(404)

    path = f"/shared/{{{name}}}"
    application = services.app(("POST", "/scores/share", share), ("GET", path, shared))
    with services.serving(application) as url:
        rows = ["POST /scores/share", {"operation": f"GET {path}", "public": True}]
        scan = services.scanned(services.target(url, rows, services.by_token("alice")), "guessable-tokens", allow_changes=True)
    assert [str(finding.severity) for finding in scan.findings] == severities, scan.coverage["guessable-tokens"]
    assert ("POST /scores/share" in scan.coverage["guessable-tokens"].open) == (kind == "once")


@pytest.mark.parametrize(("wrong", "found"), [("shared", ["POST /jobs"]), ("", []), ("ignored", [])])
def test_a_key_for_repetitions_is_its_senders(wrong, found):
    kept = {}

    def make(request):
        caller, key = services.who(request), request.headers.get("idempotency-key", "")
        if caller is None:
            return refused()
        place = secrets.token_hex(4) if wrong == "ignored" else key if wrong == "shared" else (caller, key)
        return services.JSONResponse(kept.setdefault(place, {"id": secrets.token_hex(4), "owner": caller}), 201)

    rows = [{"operation": "POST /jobs", "body": {"title": "fair"}, "header": {"Idempotency-Key": "order-1"}}]
    with services.serving(services.app(("POST", "/jobs", make))) as url:
        target = services.target(url, rows, services.by_token("alice", "bob"))
        scan = services.scanned(target, "idempotency", allow_changes=True)
    assert [finding.location for finding in scan.findings] == found, scan.coverage["idempotency"]
    assert ("POST /jobs" in scan.coverage["idempotency"].open) == (wrong == "ignored")


@pytest.mark.parametrize(("by", "found"), [("address", ["GET /me"]), ("caller", []), ("nothing", [])])
def test_what_is_kept_is_kept_for_its_caller(by, found):
    kept = {}

    def me(request):
        caller = services.who(request)
        if caller is None:
            return refused()
        answer = {"name": caller, "mail": f"{caller}@example.com"}
        place = {"address": str(request.url), "caller": (caller, str(request.url)), "nothing": secrets.token_hex(4)}[by]
        return services.JSONResponse(kept.setdefault(place, answer) if request.url.query else answer)

    with services.serving(services.app(("GET", "/me", me))) as url:
        target = services.target(url, ["GET /me"], services.by_token("alice", "bob"))
        scan = services.scanned(target, "idempotency", allow_changes=True)
    assert [finding.location for finding in scan.findings] == found, scan.coverage["idempotency"]
    assert scan.coverage["idempotency"].tried == {"GET /me"}
