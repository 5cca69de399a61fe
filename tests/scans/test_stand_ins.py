"""An operation that is forbidden to the usual identity is sent by another ordinary one that it serves, and the log says so."""

import pytest
import services

PEOPLE = services.by_token("alice", "bob", "boss", boss={"role": "admin"})
ROW = {"operation": "POST /orders/search", "body": {"text": "reed"}}


@pytest.fixture(autouse=True)
def _tokens(monkeypatch):
    for name, secret in services.SECRETS.items():
        monkeypatch.setenv(f"TOKEN_{name.upper()}", secret)


def scanned(served, *, wrong):
    """A search that one of the identities may use; what is looked for is computed where it is ``wrong``."""
    senders = []

    async def search(request):
        name = services.who(request)
        senders.append(name)
        if name not in served:
            return services.JSONResponse({"error": "not for you"}, 403 if name else 401)
        text = str((await request.json()).get("text"))
        searched = services.jinja2.Template(text).render() if wrong else text
        return services.JSONResponse({"searched": searched})

    application = services.app(("POST", "/orders/search", search))
    with services.serving(application) as url:
        scan = services.scanned(services.target(url, [ROW], PEOPLE), "template-injection", allow_changes=True, seed=3)
    return scan, senders


@pytest.mark.parametrize("wrong", [True, False])
def test_it_is_attacked_by_who_may_send_it(wrong):
    scan, _ = scanned(["bob"], wrong=wrong)
    places = [finding.location for finding in scan.findings]
    assert places == (["POST /orders/search body text"] if wrong else []), scan.coverage
    assert "POST /orders/search body text" in scan.coverage["template-injection"].tried
    assert scan.plan.stand_ins.rows() == [("POST /orders/search", "alice", "bob")]


def test_who_is_served_needs_no_stand_in():
    scan, senders = scanned(["alice", "bob"], wrong=False)
    assert scan.plan.stand_ins.rows() == []
    assert "bob" not in senders


def test_no_administrator_stands_in():
    scan, senders = scanned(["boss"], wrong=False)
    assert scan.plan.stand_ins.rows() == []
    assert "boss" not in senders
    assert "answered 403" in scan.coverage["template-injection"].open["POST /orders/search body text"]


def test_an_identity_that_was_chosen_stays():
    async def search(request):
        return services.JSONResponse({}, 200 if services.who(request) == "bob" else 403)

    with services.serving(services.app(("POST", "/orders/search", search))) as url:
        shop = services.target(url, [ROW], PEOPLE)
        scan = services.scanned(shop, "template-injection", allow_changes=True, seed=3, identity="alice")
    assert scan.plan.stand_ins.rows() == []
    assert scan.coverage["template-injection"].open
