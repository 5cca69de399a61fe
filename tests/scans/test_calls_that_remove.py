"""Calls that remove what is described, and calls that move what somebody owns, whatever their numbers are called."""

import itertools

import pytest
import services

CALLS = {
    "member.me": {}, "hive.list": {}, "hive.get": {"hiveId": 301}, "hive.create": {"name": "Orchard"},
    "hive.note": {"hiveId": 301, "note": "The queen is marked"}, "hive.remove": {"hiveId": 301},
    "order.place": {"honeyId": 2, "jars": 1},
}  # fmt: skip
ROWS = [
    *({"operation": f"POST /rpc#{name.replace('.', '-')}", "body": {"jsonrpc": "2.0", "id": 1, "method": name, "params": params}}
      for name, params in CALLS.items()),
    {"operation": "POST /hives/delete", "body": {"hiveId": 301}},
    {"operation": "GET /hives"},
]  # fmt: skip


class Apiary:
    """Sells honey for three credits a jar; with ``below_zero`` it buys it back."""

    def __init__(self, *, below_zero=False):
        self.below_zero, self.numbers = below_zero, itertools.count(900)
        self.hives = {301: "alice", 302: "bob"}
        self.credits = {"alice": 60, "bob": 60, "boss": 60}
        self.app = services.app(("POST", "/rpc", self.rpc), ("POST", "/hives/delete", self.delete), ("GET", "/hives", self.list))

    async def rpc(self, request):
        sent, caller = await request.json(), services.who(request)
        call = sent if isinstance(sent, dict) else {}
        head, params = {"jsonrpc": "2.0", "id": call.get("id")}, call.get("params")
        carry_out = getattr(self, str(call.get("method")).replace(".", "_"), None) if call.get("method") in CALLS else None
        if caller is None or carry_out is None or not isinstance(params, dict):
            return services.JSONResponse(head | {"error": {"code": -32601 if caller else -32001, "message": "refused"}})
        try:
            return services.JSONResponse(head | {"result": carry_out(caller, params)})
        except (KeyError, TypeError, ValueError):
            return services.JSONResponse(head | {"error": {"code": -32602, "message": "a parameter is not valid"}})

    async def delete(self, request):
        sent, caller = await request.json(), services.who(request)
        try:
            self.own(caller, sent)
        except (KeyError, TypeError, ValueError):
            return services.JSONResponse({"error": "there is none"}, 404 if caller else 401)
        del self.hives[sent["hiveId"]]
        return services.JSONResponse({"removed": True})

    async def list(self, request):
        caller = services.who(request)
        return services.JSONResponse(self.hive_list(caller, {}) if caller else {"error": "who?"}, 200 if caller else 401)

    def own(self, caller, params):
        if type(params["hiveId"]) is not int or self.hives.get(params["hiveId"]) != caller:
            raise ValueError
        return params["hiveId"]

    def member_me(self, caller, _):
        return {"username": caller, "credits": self.credits[caller]}

    def hive_list(self, caller, _):
        return [{"hiveId": number} for number, owner in self.hives.items() if owner == caller]

    def hive_get(self, caller, params):
        return {"hiveId": self.own(caller, params)}

    def hive_create(self, caller, params):
        self.hives[number := next(self.numbers)] = caller
        return {"hiveId": number, "name": params["name"] + ""}

    def hive_note(self, caller, params):
        return {"hiveId": self.own(caller, params), "note": params["note"] + ""}

    def hive_remove(self, caller, params):
        del self.hives[self.own(caller, params)]
        return {"removed": True}

    def order_place(self, caller, params):
        jars = params["jars"]
        if type(jars) is not int or params["honeyId"] != 2 or (jars < 1 and not self.below_zero):
            raise ValueError
        if self.credits[caller] < 3 * jars:
            raise ValueError
        self.credits[caller] -= 3 * jars
        return {"ordered": True}


def scanned(monkeypatch, apiary, *probes):
    for name, token in services.SECRETS.items():
        monkeypatch.setenv(f"TOKEN_{name.upper()}", token)
    identities = services.by_token("alice", "bob", alice={"values": {"params.hiveId": 301}}, bob={"values": {"params.hiveId": 302}})
    with services.serving(apiary.app) as url:
        return services.scanned(services.target(url, ROWS, identities), *probes, allow_changes=True, seed=7)


@pytest.mark.parametrize("probe", ["template-injection", "sql-injection", "object-level", "negative-amount"])
def test_what_is_described_is_not_removed(monkeypatch, probe):
    apiary = Apiary()
    scanned(monkeypatch, apiary, probe)
    assert {301: "alice", 302: "bob"}.items() <= apiary.hives.items()


def test_a_number_of_any_name_that_gives_credits_back_is_found(monkeypatch):
    (finding,) = scanned(monkeypatch, Apiary(below_zero=True), "negative-amount").findings
    assert finding.location == "POST /rpc#order-place body params.jars"
    assert finding.observed == "params.jars = -1 and -2 are taken, and POST /rpc#member-me result.credits goes the other way"


def test_a_refusal_with_status_200_is_one(monkeypatch):
    scan = scanned(monkeypatch, Apiary(), "negative-amount")
    assert scan.findings == []
    assert "POST /rpc#order-place body params.jars" in scan.coverage["negative-amount"].tried
