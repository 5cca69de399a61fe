"""How a scan keeps going: sessions that end, limits that are met, people who cannot sign in, and what decides nothing."""

import base64
import itertools
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import accounts
import pytest
import services
from components import lacking

from SecurityLibrary import probes, runner
from SecurityLibrary.coverage import Coverage
from SecurityLibrary.scan import Scan
from SecurityLibrary.sending import pacing
from SecurityLibrary.sending.shared_lock import SharedLock
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.systems import authentication

ANN = {"username": "ann@shop.test", "password_env": "PASSWORD_ANN"}


@pytest.fixture(autouse=True)
def _passwords(monkeypatch):
    monkeypatch.setenv("PASSWORD_ANN", "Correct-Horse-1")


def short_sessions(uses):
    """Sessions that are good for so many requests."""
    left, numbers = {}, itertools.count(1)

    def login(_):
        token = f"session-{next(numbers)}"
        left[token] = uses
        return services.JSONResponse({"access_token": token})

    def items(request):
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if left.get(token, 0) <= 0:
            return services.JSONResponse({"error": "sign in"}, 401)
        left[token] -= 1
        return services.JSONResponse({"items": [], "q": request.query_params.get("q", "")})

    return services.app(("POST", "/login", login), ("GET", "/items", items)), numbers


def scanning_of(url, *rows, ann=ANN):
    shop = services.target(url, rows, {"ann": ann}, accounts.LOGIN)
    return Scan(shop, shop.client(rate=2000))


def test_a_session_that_has_ended_is_begun_anew():
    application, numbers = short_sessions(6)
    with services.serving(application) as url:
        scan = scanning_of(url, "GET /items?q=pen")
        runner.run(scan, probes.chosen(["template-injection"]))
        scan.client.close()
    assert "GET /items query q" in scan.coverage["template-injection"].tried
    assert not scan.coverage["template-injection"].skipped
    assert next(numbers) > 2


def test_nobody_is_signed_in_without_end(monkeypatch):
    monkeypatch.setattr(authentication, "MOST_SIGN_INS", 5)
    application, _ = short_sessions(3)
    with services.serving(application) as url:
        scan = scanning_of(url, "GET /items?q=pen")
        runner.run(scan, probes.chosen(["sql-injection", "path-traversal", "template-injection"]))
        scan.client.close()
    hindered = [counted for counted in scan.coverage.values() if counted.skipped]
    assert any("the session of 'ann' has ended" in str(counted.skipped) for counted in hindered)


def limited(most):
    """So many requests are answered, then one is not, and so on."""
    turn = itertools.count(1)

    def items(_):
        if next(turn) % (most + 1) == 0:
            return services.JSONResponse({"error": "too many"}, 429, headers={"Retry-After": "0"})
        return services.JSONResponse({"items": []})

    return services.app(("GET", "/items", items))


def test_what_is_limited_is_sent_again_more_slowly(monkeypatch):
    monkeypatch.setattr(pacing, "TOGETHER", -1.0)
    with services.serving(limited(3)) as url:
        client = services.target(url, ["GET /items"]).client(rate=1000)
        answers = [client.send("GET", "/items") for _ in range(8)]
        impatient = [client.send("GET", "/items", patient=False).status for _ in range(4)]
        client.close()
    assert {answer.status for answer in answers} == {200}
    assert 429 in impatient
    assert client.rate < 1000


def test_a_scan_finds_its_pace_again_but_stays_below_what_was_too_fast(monkeypatch):
    monkeypatch.setattr(pacing, "QUIET", -1.0)
    with services.serving(limited(5)) as url:
        client = services.target(url, ["GET /items"]).client(rate=1000)
        for _ in range(6):
            client.send("GET", "/items")
        slow = client.rate
        monkeypatch.undo()
        monkeypatch.setattr(pacing, "QUIET", -100.0)
        for _ in range(4):
            client.send("GET", "/items")
        client.close()
    assert slow <= 750
    assert client.rate == 750


def test_a_wrong_password_is_said_at_once(monkeypatch):
    monkeypatch.setenv("PASSWORD_ANN", "mistyped")
    with services.serving(accounts.accounts()) as url:
        scan = scanning_of(url, "GET /me")
        expected = (
            "The identity 'ann' could not sign in to shop: expected a token in the field 'access_token' of POST /login, observed 401 "
            'with \'{"error":"refused"}\': check its name, and the password in PASSWORD_ANN.'
        )
        with pytest.raises(NotEvaluatedError, match=re.escape(expected)):
            scan.sign_in_identities()
        scan.client.close()


def test_a_limited_address_keeps_nobody_out():
    """Limits count by address: an identity signs in from another one when its own is limited."""
    addresses = []

    def login(request):
        addresses.append(request.client.host)
        limited = request.client.host == "127.0.0.1"
        return services.JSONResponse({"error": "too many"} if limited else {"access_token": "a-token"}, 429 if limited else 200)

    def items(request):
        known = request.headers.get("authorization") == "Bearer a-token"
        return services.JSONResponse({"items": []}, 200 if known else 401)

    with services.serving(services.app(("POST", "/login", login), ("GET", "/items", items))) as url:
        scan = scanning_of(url, "GET /items")
        if not scan.client.elsewhere():
            lacking("this machine has one loopback address only")
        runner.run(scan, probes.chosen(["cors"]))
        scan.client.close()
    assert len(addresses) == 2
    assert addresses[0] == "127.0.0.1" != addresses[1]
    assert scan.coverage["cors"].tried == {"GET /items"}


def test_who_shows_name_and_password_each_time_is_scanned_without_signing_in():
    def items(request):
        known = request.headers.get("authorization") == f"Basic {base64.b64encode(b'ann@shop.test:Correct-Horse-1').decode()}"
        return services.JSONResponse({"items": []}, 200 if known else 401)

    listed = ("cors", "jwt-none", "token-use", "token-after-logout", "user-enumeration", "session-fixation", "secrets-in-urls")
    with services.serving(services.app(("GET", "/items", items))) as url:
        shop = services.target(url, ["GET /items", "POST /bye"], {"ann": ANN}, {"how": "basic"}, sign_out="POST /bye")
        scan = services.scanned(shop, *listed, allow_changes=True)
    assert scan.coverage["cors"].tried == {"GET /items"}
    assert {name: counted.skipped.get("all") for name, counted in scan.coverage.items() if not counted.tried} == {
        "jwt-none": "the API's tokens are no JSON Web Tokens",
        "token-use": "the 'sign_in' of the description names no 'refresh', or the identity signs in otherwise",
        "token-after-logout": "the description names no 'sign_out', or the identity does not sign in by a request",
        "user-enumeration": "the API's description does not say how to sign in",
        "session-fixation": "no identity signs in by a request with a name and a password",
    }
    assert not scan.findings


def test_an_answer_that_breaks_off_is_no_control():
    async def cut(scope, receive, send):
        if scope["type"] == "http":
            headers = [(b"content-type", b"application/json"), (b"content-encoding", b"gzip")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": b"no gzip"})

    with services.serving(cut) as url:
        scan = services.scanned(services.target(url, ["GET /items"]), "cors")
    expected = "the control request was answered 200, but the body cannot be decoded as gzip"
    assert scan.coverage["cors"].skipped == {"GET /items": expected}
    assert not scan.coverage["cors"].tried


def test_a_door_is_tried_even_where_tokens_are_given(monkeypatch):
    monkeypatch.setenv("TOKEN_ANN", "given-token")
    with services.serving(accounts.accounts("cookie")) as url:
        scan = scanning_of(url, "GET /me", ann=ANN | {"token_env": "TOKEN_ANN"})
        scan.sign_in_identities()
        scan.client.close()
    assert scan.authenticator.cookie == "sid"
    assert scan.authenticator.tokens == {"ann": "given-token"}


REFUSED, LIMITED = "the control request was answered 401", "the requests were limited (429)"


@pytest.mark.parametrize(
    ("tried", "missing", "sufficient", "undecided"),
    [
        ({"a"}, {"b": REFUSED, "c": LIMITED}, 1.0, "2 of 3 locations could not be tried: the control request was answered 401"),
        ({"a", "b"}, {"c": REFUSED}, 1.0, "1 of 3 locations could not be tried: the control request was answered 401"),
        ({"a", "b"}, {"c": REFUSED}, 0.6, ""),
        ({"a", "b"}, {"c": REFUSED}, 0.7, "1 of 3 locations could not be tried: the control request was answered 401"),
        (set(), {"all": "the description names no identities"}, 0.1, "the description names no identities"),
        ({"a"}, {"a": REFUSED}, 1.0, ""),  # it was tried in another way
        ({"a"}, {}, 1.0, ""),
    ],
)
def test_each_location_that_could_not_be_tried_counts(tried, missing, sufficient, undecided):
    counted = Coverage()
    counted.tried |= tried
    for location, reason in missing.items():
        counted.skip(location, reason)
    assert counted.undecided(sufficient) == undecided


def test_what_does_not_apply_or_is_left_out_on_purpose_hinders_nothing():
    counted = Coverage()
    counted.skip("all", "no operation takes XML", applicable=False)
    counted.skip("POST /reset", "the description says to skip it: it empties the store", waived=True)
    assert (counted.undecided(), counted.open, str(counted)) == ("", {}, "0 of 1 locations")


def test_an_attack_that_breaks_off_takes_no_other_along_and_decides_nothing(monkeypatch):
    def breaks(self, scan):
        scan.coverage.tried(self.id, "GET /me")
        raise IndexError("tuple index out of range")

    monkeypatch.setattr(probes.load("cors"), "run", breaks)
    with services.serving(accounts.accounts()) as url:
        scan = scanning_of(url, "GET /me")
        runner.run(scan, probes.chosen(["cors", "banner"]))
        scan.client.close()
    expected = "the probe failed with an internal error (tuple index out of range): please report it"
    assert scan.coverage["cors"].undecided() == expected
    assert scan.coverage["banner"].tried


def test_who_is_alone_meets_nobody():
    lock, seen, inside, ready = SharedLock(), [], threading.Event(), threading.Event()

    def other():
        ready.set()
        with lock.shared():
            seen.append("other")
            inside.set()

    with lock.exclusive():
        thread = threading.Thread(target=other)
        thread.start()
        assert ready.wait(5)
        with lock.exclusive(), lock.shared():  # again, and as often as it likes
            seen.append("alone")
        assert not inside.wait(0.05)
    assert inside.wait(5)
    thread.join()
    assert seen == ["alone", "other"]


def test_a_limit_of_all_paths_is_waited_for_once_and_kept_to_from_then_on():
    sent = itertools.count(1)
    ends = []

    def limited(_):
        if next(sent) > 24 and not ends:
            ends.append(time.monotonic() + 1)
        if ends and time.monotonic() < ends[0]:
            return services.JSONResponse({"error": "too many"}, 429, headers={"Retry-After": "1"})
        return services.JSONResponse({"items": []})

    with services.serving(services.app(("GET", "/{any}", limited))) as url:
        client = services.target(url, ["GET /0"]).client()
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(client.send, ["GET"] * 32, [f"/{number % 4}" for number in range(32)]))
        client.close()
    assert {answer.status for answer in answers} == {200}
    assert client.patience > 120 - 2  # four threads have waited for the same second
    assert client.rate == pacing.SLOWEST  # 24 requests in the last 10 seconds: that was too many
