"""Vouchers in other spellings, votes and payments that count twice, and steps of administrators that are left out."""

import itertools

import pytest
import services
from starlette.responses import JSONResponse

ROWS = {
    "balance": "GET /balance",
    "redeem": {"operation": "POST /vouchers/redeem", "body": {"code": "MAYFLOWER"}},
    "ideas": "GET /ideas",
    "idea": "GET /ideas/{idea_id}",
    "suggest": {"operation": "POST /ideas", "body": {"title": "Longer hours"}},
    "vote": "POST /ideas/{idea_id}/vote",
    "loans": "GET /loans",
    "loan": "GET /loans/{loan_id}",
    "ask": {"operation": "POST /loans", "body": {"amount": 40}},
    "appraise": {"operation": "POST /loans/{loan_id}/appraise", "admin": True},
    "collect": "POST /loans/{loan_id}/payout",
}


class Community:
    """``weak`` names what is wrong: "spelling", "vote", "skipped" or "paid twice"."""

    def __init__(self, weak=""):
        self.weak, self.numbers, self.used, self.ideas, self.loans = weak, itertools.count(11), {}, {}, {}
        self.balances = dict.fromkeys(services.SECRETS, 100)
        self.app = services.app(
            ("GET", "/balance", self.balance), ("POST", "/vouchers/redeem", self.redeem), ("GET", "/ideas", self.listed),
            ("GET", "/ideas/{number}", self.idea), ("POST", "/ideas", self.suggest), ("POST", "/ideas/{number}/vote", self.vote),
            ("GET", "/loans", self.listed_loans), ("GET", "/loans/{number}", self.loan), ("POST", "/loans", self.ask),
            ("POST", "/loans/{number}/appraise", self.appraise), ("POST", "/loans/{number}/payout", self.payout),
        )  # fmt: skip

    @staticmethod
    def refused(status=404):
        return JSONResponse({"error": "refused"}, status)

    def balance(self, request):
        name = services.who(request)
        return JSONResponse({"balance": self.balances[name]}) if name else self.refused(401)

    async def redeem(self, request):
        name, code = services.who(request), (await request.json()).get("code")
        known = isinstance(code, str) and code.strip().upper() == "MAYFLOWER"
        if not name or not known:
            return self.refused(404 if name else 401)
        kept = code if self.weak == "spelling" else code.strip().upper()
        if kept in self.used.setdefault(name, set()):
            return self.refused(409)
        self.used[name].add(kept)
        self.balances[name] += 10
        return JSONResponse({"ok": True})

    def listed(self, request):
        return JSONResponse(list(self.ideas.values())) if services.who(request) else self.refused(401)

    def idea(self, request):
        found = self.ideas.get(request.path_params["number"])
        return JSONResponse(found) if found and services.who(request) else self.refused(404 if services.who(request) else 401)

    async def suggest(self, request):
        if not services.who(request):
            return self.refused(401)
        number = str(next(self.numbers))
        self.ideas[number] = {"id": number, "title": str((await request.json()).get("title")), "votes": 0}
        return JSONResponse(self.ideas[number], 201)

    def vote(self, request):
        name, found = services.who(request), self.ideas.get(request.path_params["number"])
        if not name or not found:
            return self.refused(404 if name else 401)
        if self.weak != "vote" and name in self.used.setdefault(found["id"], set()):
            return self.refused(409)
        self.used.setdefault(found["id"], set()).add(name)
        found["votes"] += 1
        return JSONResponse({"ok": True})

    def listed_loans(self, request):
        name = services.who(request)
        return JSONResponse([each for each in self.loans.values() if each["owner"] == name]) if name else self.refused(401)

    def own(self, request):
        found, name = self.loans.get(request.path_params["number"]), services.who(request)
        return found if found and name in (found["owner"], "boss") else None

    def loan(self, request):
        found = self.own(request)
        return JSONResponse(found) if found else self.refused(404 if services.who(request) else 401)

    async def ask(self, request):
        if not (name := services.who(request)):
            return self.refused(401)
        number = str(next(self.numbers))
        self.loans[number] = {"id": number, "owner": name, "stage": "asked", "amount": (await request.json()).get("amount")}
        return JSONResponse(self.loans[number], 201)

    def appraise(self, request):
        if services.who(request) != "boss":
            return self.refused(403)
        found = self.own(request)
        if not found or found["stage"] != "asked":
            return self.refused(409 if found else 404)
        found["stage"] = "appraised"
        return JSONResponse({"ok": True})

    def payout(self, request):
        found = self.own(request)
        if not found:
            return self.refused(404 if services.who(request) else 401)
        too_early = {"skipped": ("asked",), "paid twice": ("paid out",)}.get(self.weak, ())
        if found["stage"] not in ("appraised", *too_early):
            return self.refused(409)
        found["stage"] = "paid out"
        self.balances[found["owner"]] += 40
        return JSONResponse({"ok": True})


@pytest.mark.parametrize(
    ("weak", "probe", "rows", "expected"),
    [
        ("spelling", "single-use", ("balance", "redeem"), ("HIGH", "POST /vouchers/redeem body code")),
        ("vote", "single-use", ("ideas", "idea", "suggest", "vote"), ("LOW", "POST /ideas/{idea_id}/vote path idea_id")),
        ("skipped", "self-approval", ("loans", "loan", "ask", "appraise", "collect"), ("LOW", "POST /loans/{loan_id}/payout")),
        (
            "paid twice",
            "single-use",
            ("balance", "loans", "loan", "ask", "appraise", "collect"),
            ("HIGH", "POST /loans/{loan_id}/payout path loan_id"),
        ),
    ],
)
def test_once_is_once_and_steps_come_one_after_another(monkeypatch, weak, probe, rows, expected):
    for name, secret in services.SECRETS.items():
        monkeypatch.setenv(f"TOKEN_{name.upper()}", secret)
    people = services.by_token(*services.SECRETS, boss={"role": "admin"})
    for kind in (weak, ""):
        with services.serving(Community(kind).app) as url:
            scan = services.scanned(services.target(url, [ROWS[row] for row in rows], people), probe, allow_changes=True, seed=5)
        found = [(finding.severity.name, finding.locations[0]) for finding in scan.findings]
        assert found == ([expected] if kind else []), scan.coverage[probe]
        assert scan.coverage[probe].tried, scan.coverage[probe]
