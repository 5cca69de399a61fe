"""Lists that a filter by their owner opens, which the description does not have; and refusals that end no other attack."""

import itertools

import pytest
import services

PEOPLE = services.by_token("alice", "bob", "boss", boss={"role": "admin"})


@pytest.fixture(autouse=True)
def _tokens(monkeypatch):
    for name, secret in services.SECRETS.items():
        monkeypatch.setenv(f"TOKEN_{name.upper()}", secret)


@pytest.mark.parametrize(("filtered", "readable"), [("owner", False), ("owner", True), ("", False)])
def test_no_filter_by_owner_shows_what_is_anothers(filtered, readable):
    drafts, numbers = {}, itertools.count(1)

    def make(request):
        number = str(next(numbers))
        drafts[number] = {"id": number, "owner": services.who(request), "title": f"Halo {number}"}
        return services.JSONResponse(drafts[number], 201)

    def listing(request):
        of = request.query_params.get(filtered) if filtered else None
        return services.JSONResponse([draft for draft in drafts.values() if draft["owner"] == (of or services.who(request))])

    def item(request):
        draft = drafts.get(request.path_params["draft_id"])
        mine = draft and (readable or draft["owner"] == services.who(request))
        return services.JSONResponse(draft if mine else {"error": "none"}, 200 if mine else 404)

    application = services.app(("POST", "/drafts", make), ("GET", "/drafts", listing), ("GET", "/drafts/{draft_id}", item))
    rows = [{"operation": "POST /drafts", "body": {"title": "Halo"}}, "GET /drafts?state=open", "GET /drafts/{draft_id}"]
    shared = ["/drafts/{draft_id}"] if readable else []
    with services.serving(application) as url:
        shop = services.target(url, rows, PEOPLE, shared=shared)
        scan = services.scanned(shop, "object-level", allow_changes=True, seed=3)
    observed = [finding.observed for finding in scan.findings if finding.location == "GET /drafts"]
    expected = ["'bob' gets what belongs to 'alice' by owner=alice, which is not described"]
    assert observed == (expected if filtered and not readable else []), scan.coverage["object-level"]


def test_an_operation_that_cannot_be_tried_leaves_the_others_their_verdict():

    def remove(request):
        return services.JSONResponse({}, 403 if services.who(request) != "boss" else 200)

    def people(request):
        return services.JSONResponse([{"name": "alice"}], 200 if services.who(request) else 401)

    application = services.app(("DELETE", "/telescopes/{code}", remove), ("GET", "/people", people))
    rows = [{"operation": "DELETE /telescopes/{code}", "admin": True}, {"operation": "GET /people", "admin": True}]
    with services.serving(application) as url:
        scan = services.scanned(services.target(url, rows, PEOPLE), "function-level", allow_changes=True, seed=3)
    assert [finding.location for finding in scan.findings] == ["GET /people"], scan.coverage["function-level"]
    assert "DELETE /telescopes/{code}" in scan.coverage["function-level"].open
