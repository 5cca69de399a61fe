"""How long refusals take for names that there are and are not, and whether a limit knows a name in another spelling."""

import asyncio
import datetime as dt
from types import SimpleNamespace

import pytest
import services

from SecurityLibrary.authentication.spellings import spelt_otherwise
from SecurityLibrary.probes.enumeration import UserEnumeration
from SecurityLibrary.proof import comparison
from SecurityLibrary.values.randomness import ScanRandom
from theodore_qa.systems.exchange import Exchange

SLOW, QUICK = [0.31, 0.29, 0.3, 0.33, 0.3, 0.32, 0.31, 0.3], [0.01, 0.02, 0.01, 0.01, 0.012, 0.011, 0.01, 0.01]
MOST = 5
PASSWORD = "Long-enough-77"


def refused(duration, status=401):
    moment = dt.datetime.now(dt.UTC)
    answer = Exchange("POST", "/login", status, {}, '{"error": "wrong"}', sent=moment, duration=duration)
    return answer, comparison.leaves(answer)


@pytest.mark.parametrize(
    ("known", "unknown", "found"),
    [
        (SLOW, QUICK, True),
        ([0.01, *SLOW[1:]], [0.4, *QUICK[1:]], True),  # one of each was held up, or was not
        (SLOW[:5], QUICK[:5], True),
        (SLOW[:4], QUICK[:4], False),  # too few
        ([*SLOW[:4], 0.01], QUICK[:5], False),  # of few none may stray
        ([0.05] * 5, [0.02] * 5, False),  # too near for few
        ([0.004] * 8, [0.001] * 8, False),  # what a network hides
        (SLOW, SLOW, False),
        (SLOW, [*SLOW[:4], *QUICK[:4]], False),
    ],
)
def test_times_that_lie_apart(known, unknown, found):
    times = [[refused(duration) for duration in durations] for durations in (known, unknown)]
    assert bool(list(UserEnumeration()._by_time("POST /login", *times))) is found


@pytest.mark.parametrize(("names", "rounds"), [(["carol"], MOST), (["carol", "own1"], 8), ([], 0)])
def test_names_that_there_are_take_turns_until_each_is_limited(names, rounds):
    tried = {}

    def ask(name):
        tried[name] = tried.get(name, 0) + 1
        return refused(0.1, 429 if tried[name] > MOST else 401)[0]

    known, unknown = UserEnumeration._in_turn(SimpleNamespace(random=ScanRandom(4)), names, ask, 8)
    assert len(known) == len(unknown) == rounds
    assert {answer.status for answer, _ in known} <= {401}


@pytest.mark.parametrize("name", ["ann", "Ann@shop.test", "ANN", "7", ""])
def test_spellings_are_others_of_the_same_name(name):
    spelt = spelt_otherwise(name)
    assert name not in spelt
    assert {each.strip().lower() for each in spelt} == {name.lower()}
    assert len(spelt) == len(set(spelt))


def shop(*wrong):
    """Names in any letters sign in; where it is ``wrong``, each spelling has tries of its own."""
    tries = {"carol": MOST} if "before" in wrong else {}

    async def login(request):
        body = await request.json()
        given = str(body.get("username"))
        name = given.strip().lower() if "exact" not in wrong else given
        key = given if "spelling" in wrong else name
        if tries.get(key, 0) >= MOST:
            return services.JSONResponse({"error": "too many tries"}, 429)
        if name != "carol" or body.get("password") != "birch-Compass-93":
            tries[key] = tries.get(key, 0) + 1
            return services.JSONResponse({"error": "wrong"}, 401)
        tries.pop(key, None)
        return services.JSONResponse({"access_token": f"token-of-carol-{len(tries)}"})

    return services.app(("POST", "/login", login))


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        (("spelling",), 1),
        ((), 0),
        (("spelling", "exact"), 0),
        (("spelling", "before"), 1),
        (("before",), 0),
        (("spelling", "exact", "before"), 0),
    ],
)
def test_a_limit_that_other_spellings_pass(monkeypatch, wrong, found):
    monkeypatch.setenv("PASSWORD_CAROL", "birch-Compass-93")
    identities = {"carol": {"username": "carol", "password_env": "PASSWORD_CAROL", "lockable": True}}
    rows = [{"operation": "POST /login", "body": {"username": "x", "password": "y"}, "public": True}]
    with services.serving(shop(*wrong)) as url:
        target = services.target(url, rows, identities, {"operation": "POST /login", "token": "access_token"})
        scan = services.scanned(target, "limit-bypass", allow_changes=True, seed=9)
    assert [finding.locations for finding in scan.findings] == [("POST /login",)] * found, scan.coverage["limit-bypass"]
    assert scan.coverage["limit-bypass"].tried


def test_without_an_account_that_may_be_locked_no_name_is_tried(monkeypatch):
    monkeypatch.setenv("PASSWORD_CAROL", "birch-Compass-93")
    identities = {"carol": {"username": "carol", "password_env": "PASSWORD_CAROL"}}
    rows = [{"operation": "POST /login", "body": {"username": "x", "password": "y"}, "public": True}]
    with services.serving(shop("spelling")) as url:
        target = services.target(url, rows, identities, {"operation": "POST /login", "token": "access_token"})
        scan = services.scanned(target, "limit-bypass", allow_changes=True, seed=9)
    assert not scan.findings
    assert not any("spelling" in location for location in scan.coverage["limit-bypass"].tried)


@pytest.mark.parametrize(("wait", "found"), [(0.3, True), (0.0, False)])
def test_a_mail_that_is_waited_for_tells_who_is_known(monkeypatch, wait, found):
    monkeypatch.setenv("LETTERS", PASSWORD)

    async def login(request):
        body = await request.json()
        right = body.get("username") == "ann@shop.test" and body.get("password") == PASSWORD
        return services.JSONResponse({"token": "token-of-ann"} if right else {"error": "wrong"}, 200 if right else 401)

    async def forgot(request):
        known = (await request.json()).get("email") == "ann@shop.test"
        await asyncio.sleep(wait if known else 0)
        return services.JSONResponse({"message": "if we know this address, a mail is on its way"}, 202)

    rows = [{"operation": "POST /forgot", "public": True, "body": {"email": "ben@shop.test"}}]
    people = {"ann": {"username": "ann@shop.test", "password_env": "LETTERS"}}
    with services.serving(services.app(("POST", "/login", login), ("POST", "/forgot", forgot))) as url:
        shop = services.target(url, rows, people, {"operation": "POST /login", "token": "token"})
        scan = services.scanned(shop, "user-enumeration", allow_changes=True)
    assert ["POST /forgot" in finding.locations for finding in scan.findings] == [True] * found
    assert "POST /forgot" in scan.coverage["user-enumeration"].tried
