"""Calls that share one path (JSON-RPC), whose refusals have the status 200."""

import datetime as dt
import itertools
import json

import pytest
import services

from theodore_qa.systems.exchange import Exchange

PASSWORDS = {"ann": "maple-Harbour-41", "ben": "cedar-Lantern-72", "olga": "birch-Compass-93"}
NAMES = {
    "auth.login": {"username": "x", "password": "y"}, "auth.logout": {}, "auth.whoami": {}, "system.ping": {}, "driver.list": {},
    "driver.get": {"id": "1", "fields": ["id", "name"]}, "driver.add": {"name": "Pat", "phone": "0161 4"}, "office.users": {},
    "vehicle.unlock": {"id": "1", "code": "0000"},
}  # fmt: skip
ROWS = [
    {"operation": f"POST /rpc#{name}", "body": {"jsonrpc": "2.0", "id": 1, "method": name, "params": params}}
    | ({"public": True} if name in ("auth.login", "system.ping") else {})
    | ({"admin": True} if name.startswith("office") else {})
    for name, params in NAMES.items()
]
LOGIN = {
    "operation": "POST /rpc",
    "body": {"jsonrpc": "2.0", "id": 1, "method": "auth.login", "params": {}},
    "username": "params.username",
    "password": "params.password",
    "token": "result.token",
    "header": "X-Fleet-Token",
    "scheme": "",
}


class RefusedError(Exception):
    """Code and message of an error."""


class Depot:
    """``wrong`` names what is wrong."""

    def __init__(self, *wrong):
        self.wrong, self.tokens, self.numbers, self.tries = wrong, {}, itertools.count(1), {}
        self.drivers = {"1": {"id": "1", "name": "Kim", "phone": "0161 1", "pin": "4711", "tenant": "north", "owner": "ann"}}
        self.app = services.app(("POST", "/rpc", self.rpc))

    async def rpc(self, request):
        try:
            sent = await request.json()
        except (ValueError, RecursionError):
            return services.JSONResponse({"jsonrpc": "2.0", "id": None, "error": {"code": -32700, "message": "not understood"}})
        name = self.tokens.get(request.headers.get("x-fleet-token", ""))
        if not isinstance(sent, list):
            return services.JSONResponse(self.answered(sent, name))
        checked = self.answered(sent[0], name) if sent else {}
        trusting = "batch" in self.wrong and "result" in checked
        return services.JSONResponse([self.answered(each, name, trusting=trusting) for each in sent[:20]])

    def answered(self, sent, name, *, trusting=False):
        call = sent if isinstance(sent, dict) else {}
        head = {"jsonrpc": "2.0", "id": call.get("id")}
        try:
            params = call.get("params")
            found = getattr(self, str(call.get("method")).replace(".", "_"), None)
            if found is None or not isinstance(params, dict) or str(call.get("method")) not in NAMES:
                raise RefusedError(-32601, "there is no such method")
            return head | {"result": found(name, params, trusting)}
        except RefusedError as error:
            return head | {"error": dict(zip(("code", "message"), error.args, strict=True))}
        except (TypeError, KeyError) as error:
            data = (
                {"data": f'Traceback (most recent call last):\n  File "depot.py", line 1\n{error!r}'}
                if "trace" in self.wrong
                else {}
            )
            return head | {"error": {"code": -32602, "message": "a parameter is not valid"} | data}

    @staticmethod
    def signed_in(name, trusting):
        if name is None and not trusting:
            raise RefusedError(-32001, "not signed in")

    def auth_login(self, _, params, __):
        if PASSWORDS.get(str(params["username"])) != params["password"]:
            raise RefusedError(-32001, "unauthorised")
        self.tokens[token := f"session-{next(self.numbers)}"] = params["username"]
        return {"token": token}

    def auth_logout(self, name, _, trusting):
        self.signed_in(name, trusting)
        for token in [token for token, whose in self.tokens.items() if whose == name][-1:]:
            del self.tokens[token]
        return True

    def auth_whoami(self, name, _, trusting):
        self.signed_in(name, trusting)
        return {"username": name}

    def system_ping(self, *_):
        return "pong"

    def driver_list(self, name, _, trusting):
        self.signed_in(name, trusting)
        return [{"id": each["id"], "name": each["name"]} for each in self.drivers.values() if each["owner"] == name]

    def driver_get(self, name, params, trusting):
        self.signed_in(name, trusting)
        driver = self.drivers.get(str(params["id"]))
        if driver is None or driver["owner"] != name:
            raise RefusedError(-32004, "not found")
        chosen = {key for key in params["fields"] + [] if key in ("id", "name", "phone") or "fields" in self.wrong}
        return {key: driver[key] for key in driver if key in chosen or (key == "tenant")}

    def driver_add(self, name, params, trusting):
        self.signed_in(name, trusting)
        driver = {
            "id": str(next(self.numbers)),
            "name": params["name"] + "",
            "phone": params["phone"] + "",
            "pin": "0",
            "tenant": "north",
        }
        self.drivers[driver["id"]] = driver | {"owner": name}
        if "tenant" in self.wrong and isinstance(params.get("tenant"), str):
            self.drivers[driver["id"]]["tenant"] = params["tenant"]
        return {"id": driver["id"]}

    def office_users(self, name, _, trusting):
        if name != "olga" and not trusting:
            raise RefusedError(-32003 if name else -32001, "forbidden" if name else "not signed in")
        return [{"username": each} for each in PASSWORDS]

    def vehicle_unlock(self, name, params, trusting):
        self.signed_in(name, trusting)
        self.tries[name] = self.tries.get(name, 0) + 1
        if self.tries[name] > 5 and "codes" not in self.wrong:
            raise RefusedError(-32029, "too many attempts")
        if params["code"] + "" != "0042":
            return {"unlocked": False, "error": "the code is wrong"}
        return True


def scanned(monkeypatch, probe, *wrong):
    for name, password in PASSWORDS.items():
        monkeypatch.setenv(f"PASSWORD_{name.upper()}", password)
    identities = {name: {"username": name, "password_env": f"PASSWORD_{name.upper()}"} for name in PASSWORDS}
    identities["olga"]["role"] = "admin"
    identities["ben"]["lockable"] = True
    with services.serving(Depot(*wrong).app) as url:
        target = services.target(url, ROWS, identities, LOGIN, sign_out="POST /rpc#auth.logout")
        scan = services.scanned(target, probe, allow_changes=True, seed=7)
    assert scan.plan.rules.throwaway.spent < 30, "sessions are begun for log-outs alone"
    return scan


FOUND = [
    ("batched-calls", "batch", "POST /rpc"),
    ("chosen-fields", "fields", "POST /rpc#driver.get body params.fields"),
    ("mass-assignment", "tenant", "POST /rpc#driver.add tenant"),
    ("stack-trace", "trace", "POST /rpc#driver.add"),
    ("code-guessing", "codes", "POST /rpc#vehicle.unlock body params.code"),
]


@pytest.mark.parametrize(("probe", "wrong", "location"), FOUND, ids=[row[1] for row in FOUND])
def test_what_is_behind_the_refusals_of_calls_is_found(monkeypatch, probe, wrong, location):
    scan = scanned(monkeypatch, probe, wrong)
    assert [each for each in scan.findings if location in each.locations], (scan.findings, scan.coverage[probe])


@pytest.mark.parametrize("probe", [row[0] for row in FOUND])
def test_nothing_is_found_in_the_fixed_depot(monkeypatch, probe):
    scan = scanned(monkeypatch, probe)
    assert scan.findings == []
    assert scan.coverage[probe].tried, scan.coverage[probe].open


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ({"result": 1}, 200),
        ({"result": None, "error": None}, 200),
        ({"error": {"code": -32602, "message": "x"}}, 422),
        ({"error": {"code": -32001, "message": "not signed in"}}, 401),
        ({"error": {"code": 403, "message": "x"}}, 403),
        ({"error": {"code": "E1", "message": "too many calls"}}, 429),
        ({"error": "a text"}, 200),
    ],
)
def test_what_the_refusal_of_a_call_means(answer, outcome):
    sent = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "a.b"}).encode()
    text, moment = json.dumps({"jsonrpc": "2.0", "id": 1} | answer), dt.datetime.now(dt.UTC)
    exchange = Exchange(method="POST", path="/rpc", status=200, headers={}, text=text, sent=moment, duration=0.1, sent_body=sent)
    assert exchange.outcome == outcome
    assert exchange.ok is (outcome == 200)
