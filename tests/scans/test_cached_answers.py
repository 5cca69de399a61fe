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
