"""Answers that a service keeps, by which the next caller is served."""

import pytest
import services

PEOPLE = services.by_token("alice", "bob")


@pytest.mark.parametrize(
    ("kept_by", "observed"),
    [
        ("address", "'bob' is answered what was for 'alice', at the same address"),
        ("sheet", "'bob' is answered what was for 'alice', at the same address below the name of a style sheet"),
        ("caller", ""),
        ("nothing", ""),
    ],
)
def test_an_answer_is_kept_for_whom_it_is(monkeypatch, kept_by, observed):
    for name in ("alice", "bob"):
        monkeypatch.setenv(f"TOKEN_{name.upper()}", services.SECRETS[name])
    kept = {}

    def summary(request):
        name, address = services.who(request), str(request.url)
        if kept_by == "sheet" and address.endswith(".css") and address in kept:
            return services.JSONResponse(kept[address])
        if name is None:
            return services.JSONResponse({"error": "sign in"}, 401)
        key = address if kept_by == "address" else (name, address)
        body = {"of": name, "hours": len(name)}
        if kept_by == "sheet":
            kept[address] = body
        if kept_by in ("address", "caller"):
            body = kept.setdefault(key, body)
        return services.JSONResponse(body)

    routes = [("GET", "/summary", summary)] + ([("GET", "/summary/{rest}", summary)] if kept_by == "sheet" else [])
    with services.serving(services.app(*routes, ("GET", "/rates", lambda _: services.JSONResponse({"hour": 3})))) as url:
        scan = services.scanned(services.target(url, ["GET /summary", "GET /rates"], PEOPLE), "cached-answers", seed=3)
    assert [finding.observed for finding in scan.findings] == ([observed] if observed else []), scan.coverage["cached-answers"]
    assert scan.coverage["cached-answers"].tried == {"GET /summary"}


@pytest.mark.parametrize(
    ("where", "headers", "observed", "severity"),
    [
        ("below", {"cache-control": "public, max-age=600"}, "any cache may keep what is shown to 'alice' below the name", "medium"),
        ("behind", {"cache-control": "s-maxage=60"}, "any cache may keep what is shown to 'alice' behind the name", "medium"),
        ("plain", {"cache-control": "public, max-age=600"}, "any cache may keep what is shown to 'alice': Cache-Control", "medium"),
        ("below", {}, "what is shown to 'alice' below the name of a style sheet has no Cache-Control", "low"),
        ("plain", {}, "", ""),
        ("below", {"cache-control": "private, no-store"}, "", ""),
        ("behind", {"cache-control": "public, max-age=600", "vary": "Authorization"}, "", ""),
        ("plain", {"cache-control": "public, max-age=0"}, "", ""),
        ("nowhere", {"cache-control": "public, max-age=600"}, "", ""),
    ],
)  # fmt: skip
def test_what_is_private_may_be_kept_by_no_cache(monkeypatch, where, headers, observed, severity):
    """No cache is there: what the answers tell one has to do. A page that there is not is kept by anybody."""
    for name in ("alice", "bob"):
        monkeypatch.setenv(f"TOKEN_{name.upper()}", services.SECRETS[name])
    part = {"below": "/", "behind": ";"}.get(where, "")

    def page(request):
        rest, name = request.url.path.removeprefix("/me"), services.who(request)
        if rest and not (part and rest.startswith(part) and rest.endswith(".css")):
            return services.JSONResponse({"error": "there is no such page"}, 404, headers=headers)
        if name is None:
            return services.JSONResponse({"error": "sign in"}, 401)
        ours = headers if rest or where == "plain" else {"cache-control": "no-store"}
        return services.JSONResponse({"username": name}, headers=ours)

    with services.serving(services.app(("GET", "/{path:path}", page))) as url:
        scan = services.scanned(services.target(url, ["GET /me"], PEOPLE), "cached-answers", seed=3)
    assert [finding.observed.startswith(observed) for finding in scan.findings] == ([True] if observed else [])
    assert [str(finding.severity) for finding in scan.findings] == ([severity] if severity else [])
    assert scan.coverage["cached-answers"].tried == {"GET /me"}


@pytest.mark.parametrize(
    ("kept_by", "tenants", "observed"),
    [
        ("address", "south", "'bob' is answered what was for 'alice', at the same address"),
        ("address", "north", "'boss' is answered what was for 'alice', at the same address"),
        ("tenant", "south", ""),
        ("nothing", "south", ""),
        ("default", "south", ""),
    ],
)
def test_figures_are_kept_for_whom_they_are(monkeypatch, kept_by, tenants, observed):
    """No answer names anybody; without a sign-in the plan is the one that alice has."""
    yards = {"alice": "north", "bob": tenants, "boss": "south"}
    for name in yards:
        monkeypatch.setenv(f"TOKEN_{name.upper()}", services.SECRETS[name])
    people = services.by_token(*yards)
    for name, yard in yards.items():
        people[name]["tenant"] = yard
    kept = {}

    def summary(request):
        name = services.who(request)
        if name is None and kept_by != "default":
            return services.JSONResponse({"error": "sign in"}, 401)
        yard = yards[name] if name else "north"
        body = {"orders": len(yard) * 7 + ord(yard[0]), "unit": "h", "number": len(kept)}
        if kept_by in ("address", "tenant"):
            body = kept.setdefault((str(request.url), yard if kept_by == "tenant" else ""), body)
        return services.JSONResponse(body)

    with services.serving(services.app(("GET", "/summary", summary))) as url:
        scan = services.scanned(services.target(url, ["GET /summary"], people), "cached-answers", seed=3)
    assert [finding.observed for finding in scan.findings] == ([observed] if observed else []), scan.coverage["cached-answers"]
    assert scan.coverage["cached-answers"].tried == {"GET /summary"}
