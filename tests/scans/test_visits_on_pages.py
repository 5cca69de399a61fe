"""A bath house on pages: what a visit costs, what is paid back, and links to visits that anybody computes."""

import hashlib
import itertools
import secrets
from urllib.parse import parse_qs

import pytest
import services

PUBLIC = ["/", "/about", "/hours", "/news", "/press", "/terms", "/treatments"]  # before what shows one's purse
ROWS = [
    *({"operation": f"GET {path}", "public": True} for path in PUBLIC),
    "GET /purse",
    {"operation": "GET /treatments/{treatment}", "public": True},
    {"operation": "POST /visits", "form": {"treatment": "1", "price": "1800"}},
    "GET /visits",
    "GET /visits/{number}",
    {"operation": "POST /visits/{number}/cancel", "form": {"reason": "rain"}},
    {"operation": "POST /visits/{number}/share", "form": {"note": "come along"}},
]
FORM = """<h1>Salt bath</h1><form method="post" action="/visits"><input type="hidden" name="treatment" value="1">
<input type="hidden" name="price" value="1800"><button>Book</button></form>"""


class House:
    """``wrong`` names what is wrong."""

    def __init__(self, wrong):
        self.wrong, self.numbers = wrong, itertools.count(71)
        self.purses, self.visits = dict.fromkeys(services.SECRETS, 900_000), {}
        self.app = services.app(
            *(("GET", path, self.plain) for path in PUBLIC), ("GET", "/purse", self.purse), ("GET", "/treatments/{treatment}", self.treatment),
            ("POST", "/visits", self.book), ("GET", "/visits", self.list), ("GET", "/visits/{number}", self.visit),
            ("POST", "/visits/{number}/cancel", self.cancel), ("POST", "/visits/{number}/share", self.share),
        )  # fmt: skip

    @staticmethod
    def page(main, status=200):
        return services.HTMLResponse(f"<!DOCTYPE html><html><head><title>Bath house</title></head><body>{main}</body></html>", status)

    def plain(self, _):
        return self.page('<h1>Warm water</h1><a href="/treatments/1">Salt bath</a>')

    def treatment(self, request):
        return self.page(FORM) if request.path_params["treatment"] == "1" else self.page("There is none.", 404)

    def purse(self, request):
        caller = services.who(request)
        return self.page(f'<h1>Purse</h1><p id="balance">{self.purses[caller]} pence</p>') if caller else self.page("Sign in", 401)

    def own(self, request):
        visit = self.visits.get(request.path_params["number"])
        return visit if visit and visit["guest"] == services.who(request) else None

    async def book(self, request):
        caller, form = services.who(request), parse_qs((await request.body()).decode())
        price = form.get("price", [""])[0]
        if caller is None or form.get("treatment") != ["1"] or not price.isdigit():
            return self.page("No.", 401 if caller is None else 422)
        paid = int(price) if self.wrong == "price" else 1800
        if paid > self.purses[caller]:
            return self.page("The purse is empty.", 409)
        self.purses[caller] -= paid
        self.visits[number := str(next(self.numbers))] = {"guest": caller, "paid": paid, "open": True}
        return services.Response(status_code=303, headers={"location": f"/visits/{number}"})

    def list(self, request):
        caller = services.who(request)
        links = (f'<a href="/visits/{number}">Visit {number}</a>' for number, visit in self.visits.items() if visit["guest"] == caller)
        return self.page(f"<h1>Visits</h1>{''.join(links)}") if caller else self.page("Sign in", 401)

    def visit(self, request):
        visit = self.own(request)
        return self.page(f"<h1>Visit {request.path_params['number']}</h1><p>for {visit['guest']}</p>") if visit else self.page("No.", 404)

    def cancel(self, request):
        visit = self.own(request)
        if visit is None or not (visit["open"] or self.wrong == "refund"):
            return self.page("No.", 404 if visit is None else 409)
        visit["open"] = False
        self.purses[visit["guest"]] += visit["paid"]
        return self.page("It is cancelled.")

    def share(self, request):
        visit = self.own(request)
        if visit is None:
            return services.JSONResponse({"error": "there is none"}, 404)
        number = request.path_params["number"]
        visit.setdefault("token", hashlib.md5(number.encode()).hexdigest() if self.wrong == "token" else secrets.token_hex(16))
        return services.JSONResponse({"number": int(number), "token": visit["token"]})


def found(monkeypatch, wrong, probe):
    for name in ("alice", "bob"):
        monkeypatch.setenv(f"TOKEN_{name.upper()}", services.SECRETS[name])
    with services.serving(House(wrong).app) as url:
        target = services.target(url, ROWS, services.by_token("alice", "bob"), values={"treatment": 1})
        scan = services.scanned(target, probe, allow_changes=True, seed=4)
    return [(str(each.severity), each.location, each.observed.partition(":")[0]) for each in scan.findings]


@pytest.mark.parametrize(
    ("wrong", "probe", "finding"),
    [
        ("price", "mass-assignment",
         ("high", "POST /visits body price", "what has to be paid follows the price that the client sends")),
        ("refund", "single-use", ("high", "POST /visits/{number}/cancel path number", "the same is taken twice")),
    ],
)  # fmt: skip
def test_what_pages_show_of_a_purse_follows_what_is_wrong(monkeypatch, wrong, probe, finding):
    assert found(monkeypatch, wrong, probe) == [finding]
    assert found(monkeypatch, "", probe) == []


def test_a_token_that_is_a_digest_of_its_object_is_found_though_it_is_the_same_each_time(monkeypatch):
    ((severity, location, observed),) = found(monkeypatch, "token", "guessable-tokens")
    assert (severity, location) == ("high", "POST /visits/{number}/share")
    assert observed.startswith("token is the MD5 of '")
    assert found(monkeypatch, "", "guessable-tokens") == []
