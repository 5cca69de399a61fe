"""Sign-ins with a second factor (TOTP): a right code signs in, and without one, with a wrong or a used one nothing opens."""

import itertools
import time
from types import SimpleNamespace

import pyotp
import pytest
import services

from SecurityLibrary.findings.finding import Severity
from theodore_qa.errors import UsageError
from theodore_qa.systems import second_factor

SECRET, PASSWORD = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "Correct-Horse-1"
PERIOD = 1  # of the codes in these tests, so that they wait for no half minute


class Shop:
    """``steps`` is one or two; ``wrong`` names what is taken beside a code of now: nothing, another or used."""

    def __init__(self, steps, *wrong):
        self.steps, self.wrong, self.sessions, self.used, self.numbers = steps, wrong, {}, set(), itertools.count(1)
        self.app = services.app(("POST", "/login", self.login), ("POST", "/login/verify", self.verify), ("GET", "/me", self.me))

    def right(self, code):
        if not code:
            return "nothing" in self.wrong
        now = int(time.time() // PERIOD)
        if code not in {pyotp.TOTP(SECRET).generate_otp(number) for number in (now - 1, now)}:
            return "another" in self.wrong or ("used" in self.wrong and code in self.used)
        if code in self.used and "used" not in self.wrong:
            return False
        self.used.add(code)
        return True

    def entered(self):
        token = f"session-{next(self.numbers)}"
        self.sessions[token] = "ann"
        return services.JSONResponse({"access_token": token})

    async def login(self, request):
        body = await request.json()
        if (body.get("username"), body.get("password")) != ("ann", PASSWORD):
            return services.JSONResponse({"error": "wrong name or password"}, 401)
        if self.steps == 1:
            return self.entered() if self.right(body.get("otp")) else services.JSONResponse({"error": "code"}, 401)
        early = {}
        if "nothing" in self.wrong:
            early["access_token"] = f"session-{next(self.numbers)}"
            self.sessions[early["access_token"]] = "ann"
        return services.JSONResponse({"challenge": "c-1", "mfa_required": True, **early})

    async def verify(self, request):
        body = await request.json()
        known = body.get("challenge") == "c-1" and self.right(body.get("otp"))
        return self.entered() if known else services.JSONResponse({"error": "code"}, 401)

    def me(self, request):
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        known = token in self.sessions
        return services.JSONResponse({"name": "ann"}) if known else services.JSONResponse({"error": "sign in"}, 401)


FACTORS = {
    1: {"code": "otp", "period": PERIOD},
    2: {"code": "otp", "period": PERIOD, "challenge": "challenge", "operation": "POST /login/verify"},
}


@pytest.fixture
def scanned(monkeypatch):
    monkeypatch.setenv("PASSWORD_ANN", PASSWORD)
    monkeypatch.setenv("TOTP_ANN", SECRET)

    def scan(steps, *wrong):
        identities = {"ann": {"username": "ann", "password_env": "PASSWORD_ANN", "totp_env": "TOTP_ANN"}}
        sign_in = {"operation": "POST /login", "token": "access_token", "second_factor": FACTORS[steps]}
        rows = ["GET /me", {"operation": "POST /login", "body": {"username": "x", "password": "y"}, "public": True}]
        with services.serving(Shop(steps, *wrong).app) as url:
            return services.scanned(services.target(url, rows, identities, sign_in), "mfa-bypass")

    return scan


@pytest.mark.parametrize("steps", [1, 2])
@pytest.mark.parametrize(
    ("wrong", "observed", "severity"),
    [
        ("another", "a sign-in with a wrong code is accepted", Severity.HIGH),
        ("used", "a sign-in with a code that was used is accepted", Severity.MEDIUM),
        ("nothing", "a sign-in without a code is accepted", Severity.HIGH),
    ],
)
def test_what_is_taken_for_a_code_is_found(scanned, steps, wrong, observed, severity):
    found = {finding.observed: finding.severity for finding in scanned(steps, wrong).findings}
    assert found == {observed: severity}


@pytest.mark.parametrize("steps", [1, 2])
def test_nothing_opens_without_a_code_of_now(scanned, steps):
    scan = scanned(steps)
    assert scan.findings == []
    assert len(scan.coverage["mfa-bypass"].tried) == 3


def test_a_code_behind_a_password_is_not_reached_without_an_account_to_lock(monkeypatch):
    monkeypatch.setenv("PASSWORD_ANN", PASSWORD)
    row = {"operation": "POST /login", "body": {"username": "x", "password": "y", "otp": "123456"}, "public": True}
    reasons = {}
    for lockable in (False, True):
        identities = {"ann": {"username": "ann", "password_env": "PASSWORD_ANN", "lockable": lockable}}
        with services.serving(Shop(1).app) as url:
            target = services.target(url, [row], identities, {"operation": "POST /login", "token": "access_token"})
            scan = services.scanned(target, "code-guessing", allow_changes=True)
        reasons[lockable] = scan.coverage["code-guessing"].skipped, [finding.severity for finding in scan.findings]
    sentence = "a sign-in looks at a code after the password, and no account is known that may be locked"
    assert reasons == {False: ({"POST /login body otp": sentence}, []), True: ({}, [Severity.MEDIUM])}


def identity(secret):
    return SimpleNamespace(totp_env="TOTP_ANN", secret=lambda _: secret)


def test_codes_are_those_of_rfc_6238():
    """Appendix B, the last six digits; and a secret of 80 bits, as many systems give out."""
    assert second_factor.code(identity("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), 1) == "287082"
    assert len(second_factor.code(identity("JBSW Y3DP EHPK 3PXP"), 1)) == 6


def test_a_secret_that_is_none_is_said():
    with pytest.raises(UsageError, match="The variable TOTP_ANN holds no secret in base32"):
        second_factor.code(identity("no base32: 0189"), 1)


def test_no_code_is_given_twice_by_whoever_signs_in():
    way = SimpleNamespace(second_factor=SimpleNamespace(period=PERIOD))
    ann = SimpleNamespace(totp_env="TOTP_TWICE", secret=lambda _: SECRET, way=way)
    given = [second_factor.fresh(ann) for _ in range(3)]
    assert len(set(given)) == 3
