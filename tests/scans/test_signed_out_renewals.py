"""A sign-out ends the token for renewal too, also where the tokens of a second are all the same."""

import itertools

import pytest
import services

LOGIN = {"operation": "POST /login", "token": "access", "refresh": "renewal"}
ROWS = [
    {"operation": "POST /login", "public": True, "body": {"username": "a", "password": "b"}},
    {"operation": "POST /renew", "public": True, "body": {"renewal": "x"}},
    "POST /logout",
    "GET /me",
]


class Office:
    """A service whose access token tells its session alone: who renews it within a second gets the same one."""

    def __init__(self, wrong):
        self.wrong = wrong
        self.sessions, self.renewals, self.numbers = {}, {}, itertools.count(1000)

    def issued(self, session):
        renewal = f"renewal-of-{session}-{next(self.numbers)}"
        self.renewals[renewal] = session
        return services.JSONResponse({"access": f"access-of-{session}", "renewal": renewal})

    def session(self, request):
        session = request.headers.get("authorization", "").removeprefix("Bearer access-of-")
        return session if self.sessions.get(session) else None

    async def login(self, request):
        body = await request.json()
        if body.get("password") != services.SECRETS.get(body.get("username")):
            return refused()
        self.sessions[session := f"{body['username']}-{next(self.numbers)}"] = True
        return self.issued(session)

    async def renew(self, request):
        session = self.renewals.pop(str((await request.json()).get("renewal")), None)
        return self.issued(session) if session and (self.sessions[session] or self.wrong) else refused()

    async def logout(self, request):
        self.sessions[self.session(request)] = False
        return services.Response(status_code=204)

    async def me(self, request):
        session = self.session(request)
        return services.JSONResponse({"name": session.partition("-")[0]}) if session else refused()


def refused():
    return services.JSONResponse({"error": "sign in"}, 401, {"www-authenticate": "Bearer"})


@pytest.mark.parametrize("wrong", [True, False])
def test_a_token_for_renewal_is_worth_nothing_after_the_sign_out(monkeypatch, wrong):
    monkeypatch.setenv("PASSWORD_ALICE", services.SECRETS["alice"])
    office = Office(wrong)
    paths = [("POST", "/login", office.login), ("POST", "/renew", office.renew), ("POST", "/logout", office.logout)]
    with services.serving(services.app(*paths, ("GET", "/me", office.me))) as url:
        identities = {"alice": {"username": "alice", "password_env": "PASSWORD_ALICE"}}
        shop = services.target(url, ROWS, identities, LOGIN, sign_out="POST /logout")
        scan = services.scanned(shop, "token-after-logout", allow_changes=True)
    found = [(finding.locations, finding.observed) for finding in scan.findings]
    observed = "a refresh token brings a new token after its log-out"
    assert found == ([(("POST /logout", "POST /renew"), observed)] if wrong else []), scan.coverage["token-after-logout"]
    assert "POST /renew" in scan.coverage["token-after-logout"].tried
