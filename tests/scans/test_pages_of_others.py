"""Objects that stand on pages, between what each reader sees of his own: names, tokens of forms."""

import secrets

import pytest
import services

ROWS = ["GET /visits", "GET /visits/{number}"]
VISITS = {2201: ("alice", "Salt bath"), 2202: ("alice", "Mud pack"), 2203: ("bob", "Steam"), 2204: ("bob", "Salt bath")}
PAGE = """<!DOCTYPE html><html><head><title>Bath house</title><style>p {{ margin: 0 }}</style></head><body>
<p><a href="/treatments">Treatments</a> <a href="/visits">Visits</a> <a href="/account">{reader}</a></p>
<form method="post" action="/logout"><input type="hidden" name="csrf" value="{token}"><button>Sign out</button></form>
{main}</body></html>"""
VISIT = """<h1>Visit {number}</h1><p>{bath}</p><p>Guest: {guest}</p><p>Code of the locker: {number}7</p>
<form method="post" action="/visits/{number}/move"><input type="hidden" name="csrf" value="{token}"><button>Move</button></form>
<form method="post" action="/visits/{number}/cancel"><input type="hidden" name="csrf" value="{token}"><button>Cancel</button></form>"""


def found(monkeypatch, *, to_all, refused_as):
    """What is found; a page that refuses has the status ``refused_as``."""

    def page(request, main, status=200):
        text = PAGE.format(reader=services.who(request), token=secrets.token_urlsafe(18), main=main)
        return services.HTMLResponse(text, status)

    def listing(request):
        links = (f'<a href="/visits/{number}">Visit {number}</a>' for number, (guest, _) in VISITS.items() if guest == services.who(request))
        return page(request, "".join(links)) if services.who(request) else services.HTMLResponse("Sign in", 401)

    def read(request):
        reader, number = services.who(request), request.path_params["number"]
        guest, bath = VISITS.get(int(number) if number.isdigit() else 0, (None, ""))
        if reader is None:
            return services.HTMLResponse("Sign in", 401)
        if guest is None or (guest != reader and not to_all):
            return page(request, "<p>There is no such visit.</p>", refused_as)
        return page(request, VISIT.format(number=number, bath=bath, guest=guest, token=secrets.token_urlsafe(18)))

    for name in ("alice", "bob"):
        monkeypatch.setenv(f"TOKEN_{name.upper()}", services.SECRETS[name])
    app = services.app(("GET", "/visits", listing), ("GET", "/visits/{number}", read))
    with services.serving(app) as url:
        scan = services.scanned(services.target(url, ROWS, services.by_token("alice", "bob")), "object-level", seed=3)
    assert "GET /visits/{number}" in scan.coverage["object-level"].tried
    return [(each.location, each.observed) for each in scan.findings]


@pytest.mark.parametrize("refused_as", [404, 200])
def test_a_page_of_somebody_else_is_found(monkeypatch, refused_as):
    ((location, observed),) = found(monkeypatch, to_all=True, refused_as=refused_as)
    assert (location, observed) in {("GET /visits/{number}", f"'{reader}' reads an object of '{owner}'") for reader, owner in
                                    (("alice", "bob"), ("bob", "alice"))}  # fmt: skip


@pytest.mark.parametrize("refused_as", [403, 404, 200])
def test_a_page_that_says_that_there_is_none_is_no_finding(monkeypatch, refused_as):
    assert found(monkeypatch, to_all=False, refused_as=refused_as) == []
