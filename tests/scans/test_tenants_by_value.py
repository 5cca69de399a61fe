"""A tenant that a query names, whatever its parameter is called: its example is the tenant of an identity."""

import pytest
import services

PEOPLE = {"alice": "north", "bob": "south"}
CREWS = {"north": ["kit", "pat"], "south": ["lou", "sam"]}


def found(monkeypatch, *, to_all):
    def crew(request):
        caller, yard = services.who(request), request.query_params.get("yard")
        if caller is None or yard not in CREWS:
            return services.JSONResponse({"error": "refused"}, 401 if caller is None else 404)
        if PEOPLE[caller] != yard and not to_all:
            return services.JSONResponse({"error": "this is not your yard"}, 403)
        return services.JSONResponse({"yard": yard, "crew": [{"username": name, "role": "welder"} for name in CREWS[yard]]})

    for name in PEOPLE:
        monkeypatch.setenv(f"TOKEN_{name.upper()}", services.SECRETS[name])
    identities = services.by_token(*PEOPLE, **{name: {"tenant": tenant} for name, tenant in PEOPLE.items()})
    with services.serving(services.app(("GET", "/crew", crew))) as url:
        scan = services.scanned(services.target(url, ["GET /crew?yard=north"], identities), "tenant-level", seed=3)
    assert "GET /crew query yard" in scan.coverage["tenant-level"].tried
    return [(str(each.severity), each.location) for each in scan.findings]


@pytest.mark.parametrize("to_all", [True, False])
def test_a_query_names_a_tenant_by_its_value(monkeypatch, to_all):
    assert found(monkeypatch, to_all=to_all) == ([("critical", "GET /crew query yard")] if to_all else [])
