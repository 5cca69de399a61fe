"""What may be used once, names that are registered again, and tokens of accounts that were removed."""

import itertools
import secrets

import pytest
import services

LOGIN = {"operation": "POST /login", "token": "access_token", "refresh": "refresh_token"}
RIGHT = {"ann": "Correct-Horse-1"}
ROWS = [
    {"operation": "POST /accounts", "body": {"username": "x", "email": "x@shop.test", "password": "y"}, "public": True},
    {"operation": "POST /forgotten", "body": {"email": "x@shop.test"}, "public": True},
    {"operation": "POST /reset", "body": {"email": "x@shop.test", "token": "t", "password": "y"}, "public": True},
    {"operation": "POST /renew", "body": {"refresh_token": "r"}, "public": True},
    {"operation": "POST /vouchers/redeem", "body": {"code": "WELCOME"}},
    "GET /me",
    "GET /outbox",
    "DELETE /me",
]


class Shop:
    """``wrong`` names what is wrong."""

    def __init__(self, *wrong):
        self.wrong, self.numbers = wrong, itertools.count()
        self.people = {"ann": {"password": RIGHT["ann"], "email": "ann@shop.test", "balance": 10, "used": []}}
        self.tokens, self.renewals, self.resets, self.letters = {}, {}, {}, []
        self.app = services.app(
            ("POST", "/accounts", self.register), ("POST", "/login", self.login), ("POST", "/forgotten", self.forgotten),
            ("POST", "/reset", self.reset), ("POST", "/renew", self.renew), ("POST", "/vouchers/redeem", self.redeem),
            ("GET", "/me", self.me), ("GET", "/outbox", self.outbox), ("DELETE", "/me", self.remove),
        )  # fmt: skip

    @staticmethod
    def refused(status=401):
        return services.JSONResponse({"error": "refused"}, status)

    @staticmethod
    async def texts(request, *names):
        body = await request.json()
        found = [body.get(name) if isinstance(body, dict) else None for name in names]
        return found if all(isinstance(text, str) for text in found) else [""] * len(names)

    def who(self, request):
        name = self.tokens.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        return name if name in self.people or "outlives" in self.wrong else None

    async def register(self, request):
        name, email, password = await self.texts(request, "username", "email", "password")
        known = name in self.people if "capitals" in self.wrong else name.strip().lower() in self.people
        if not name or (known and "again" not in self.wrong) or len(password) < 8:
            return self.refused(409)
        self.people[name.strip().lower()] = {"password": password, "email": email, "balance": 10, "used": []}
        return services.JSONResponse({"username": name}, 201)

    def session(self, name):
        token, renewal = secrets.token_hex(16), secrets.token_hex(16)
        self.tokens[token], self.renewals[renewal] = name, name
        return services.JSONResponse({"access_token": token, "refresh_token": renewal})

    async def login(self, request):
        name, password = await self.texts(request, "username", "password")
        person = self.people.get(name.strip().lower())
        return self.session(name.strip().lower()) if person and person["password"] == password else self.refused()

    async def forgotten(self, request):
        (email,) = await self.texts(request, "email")
        name = next((name for name, person in self.people.items() if person["email"] == email), None)
        if name:
            self.resets[token := secrets.token_urlsafe(12)] = name
            self.letters.append(f"To {email}: follow https://shop.test/reset?token={token} please")
        handed = {"sent": {"letter": {"resetToken": token}}} if name and "answered" in self.wrong else {"requestToken": "x" * 16}
        headers = {"x-reset-token": token} if name and "in a header" in self.wrong else {}
        return services.JSONResponse({"answer": "a letter is on its way"} | handed, 202, headers)

    def outbox(self, request):
        return services.JSONResponse({"letters": self.letters}) if self.who(request) else self.refused()

    async def reset(self, request):
        email, token, password = await self.texts(request, "email", "token", "password")
        name = self.resets.get(token) if "reset" in self.wrong else self.resets.pop(token, None)
        if name is None:
            return self.refused(400)
        if "foreign" in self.wrong:
            name = next((each for each, person in self.people.items() if person["email"] == email), name)
        elif self.people[name]["email"] != email:
            return self.refused(400)
        self.people[name]["password"] = password
        return services.JSONResponse({"answer": "changed"})

    async def renew(self, request):
        (token,) = await self.texts(request, "refresh_token")
        name = self.renewals.get(token) if "renewal" in self.wrong else self.renewals.pop(token, None)
        return self.session(name) if name else self.refused()

    async def redeem(self, request):
        (code,) = await self.texts(request, "code")
        person = self.people.get(self.who(request))
        if person is None:
            return self.refused()
        if code != "WELCOME" or (code in person["used"] and "voucher" not in self.wrong):
            return self.refused(409)
        person["used"].append(code)
        person["balance"] += 5
        return services.JSONResponse({"balance": person["balance"]})

    def me(self, request):
        name = self.who(request)
        balance = self.people.get(name, {}).get("balance", 0)
        return services.JSONResponse({"username": name, "balance": balance}) if name else self.refused()

    def remove(self, request):
        name = self.who(request)
        if name is None:
            return self.refused()
        if "kept" not in self.wrong:
            del self.people[name]
        return services.Response(status_code=204)


def scanned(monkeypatch, probe, *wrong):
    monkeypatch.setenv("PASSWORD_ANN", RIGHT["ann"])
    identities = {"ann": {"username": "ann", "password_env": "PASSWORD_ANN"}}
    shop = Shop(*wrong)
    with services.serving(shop.app) as url:
        scan = services.scanned(services.target(url, ROWS, identities, LOGIN), probe, allow_changes=True, seed=5)
    assert shop.people["ann"]["password"] == RIGHT["ann"], "the scan stands on it"
    return scan


@pytest.mark.parametrize(
    ("probe", "wrong", "found"),
    [
        ("single-use", "reset", ("high", "POST /reset", "what was handed out for a new password sets a second one")),
        ("single-use", "foreign", ("critical", "POST /reset", "what was handed out to one account sets the password of another")),
        ("single-use", "renewal", ("low", "POST /renew", "a refresh token brings a new token after it was exchanged for another one")),
        ("single-use", "voucher", ("high", "POST /vouchers/redeem body code",
         "the same is taken twice: balance went from 15 to 20 and 25")),
        ("account-takeover", "again", ("critical", "POST /accounts",
         "a second registration with the same name as it is sets its password")),
        ("account-takeover", "capitals", ("critical", "POST /accounts",
         "a second registration with the same name in capitals sets its password")),
        ("account-takeover", "answered", ("critical", "POST /forgotten",
         "the answer to anybody shows what sets a new password of the account")),
        ("account-takeover", "in a header", ("critical", "POST /forgotten",
         "the answer to anybody shows what sets a new password of the account")),
        ("token-after-deletion", "outlives", ("medium", "DELETE /me", "GET /me answers the token of an account that was removed")),
    ],
)  # fmt: skip
def test_what_is_over_is_worth_nothing(monkeypatch, probe, wrong, found):
    scan = scanned(monkeypatch, probe, wrong)
    assert [(str(each.severity), each.location, each.observed) for each in scan.findings] == [found], scan.coverage[probe]


@pytest.mark.parametrize(
    ("probe", "tried"),
    [
        ("single-use", {"POST /reset", "POST /renew", "POST /vouchers/redeem"}),
        ("account-takeover", {"POST /accounts", "POST /forgotten"}),
        ("token-after-deletion", {"DELETE /me"}),
    ],
)
def test_nothing_is_found_where_all_ends(monkeypatch, probe, tried):
    scan = scanned(monkeypatch, probe)
    assert scan.findings == []
    assert scan.coverage[probe].tried == tried, scan.coverage[probe].open


def test_an_account_that_is_still_there_proves_nothing_by_its_token(monkeypatch):
    scan = scanned(monkeypatch, "token-after-deletion", "kept")
    assert scan.findings == []
    assert scan.coverage["token-after-deletion"].open == {"DELETE /me": "the account signs in after its removal"}
