"""A change of the password that does not check the current one; the account is left as it was."""

import itertools

import pytest
import services

LOGIN = {"operation": "POST /login", "token": "access_token"}
SPARE = {
    "spare": {"username": "spare", "password_env": "PASSWORD_SPARE", "lockable": True},
    "ann": {"username": "ann", "password_env": "PASSWORD_ANN"},
}
RIGHT = {"spare": "Staple-Horse-3", "ann": "Correct-Horse-1"}


class Desk:
    """``unchecked`` takes any current password, ``optional`` an empty one, ``absent`` none."""

    def __init__(self, wrong):
        self.wrong, self.passwords, self.tokens, self.numbers, self.changes = wrong, dict(RIGHT), {}, itertools.count(), []
        self.app = services.app(("POST", "/login", self.login), ("GET", "/me", self.me), ("POST", "/password", self.change))

    async def login(self, request):
        body = await request.json()
        name = body.get("username") if isinstance(body, dict) else None
        if not isinstance(name, str) or self.passwords.get(name) != body.get("password"):
            return services.JSONResponse({"error": "refused"}, 401)
        self.tokens[token := f"session-{next(self.numbers)}-of-{name}"] = name
        return services.JSONResponse({"access_token": token})

    def who(self, request):
        return self.tokens.get(request.headers.get("authorization", "").removeprefix("Bearer "))

    def me(self, request):
        name = self.who(request)
        return services.JSONResponse({"username": name} if name else {"error": "sign in"}, 200 if name else 401)

    async def change(self, request):
        name, body = self.who(request), await request.json()
        if name is None:
            return services.JSONResponse({"error": "sign in"}, 401)
        current = body.get("current_password")
        left_out = "absent" in self.wrong and "current_password" not in body
        required = (
            not left_out
            and "nowhere" not in self.wrong
            and "unchecked" not in self.wrong
            and not ("optional" in self.wrong and not current)
        )
        if required and current != self.passwords[name]:
            return services.JSONResponse({"error": "wrong"}, 403)
        self.passwords[name] = body["new_password"]
        self.changes.append(name)
        return services.JSONResponse({"ok": True})


@pytest.mark.parametrize(
    ("wrong", "observed"),
    [
        ("", []),
        ("unchecked", ["it is changed with a wrong current one"]),
        ("optional", ["it is changed without the current one"]),
        ("absent", ["it is changed by a request that leaves the current one out"]),
        ("nowhere", ["it is changed without the current one, for which there is no place"]),
    ],
)
def test_the_current_password_is_checked(monkeypatch, wrong, observed):
    for name, password in RIGHT.items():
        monkeypatch.setenv(f"PASSWORD_{name.upper()}", password)
    desk = Desk([wrong])
    body = {"new_password": "Long-Enough-123"} | ({} if wrong == "nowhere" else {"current_password": "x"})
    rows = ["GET /me", {"operation": "POST /password", "body": body}]
    with services.serving(desk.app) as url:
        scan = services.scanned(services.target(url, rows, SPARE, LOGIN), "current-password", allow_changes=True)
    assert [finding.observed for finding in scan.findings] == observed, scan.coverage["current-password"]
    assert [str(finding.severity) for finding in scan.findings] == (
        ["low" if wrong == "nowhere" else "medium"] if observed else []
    )
    assert scan.coverage["current-password"].tried == {"POST /password"}
    assert set(desk.changes) <= {"spare"}, "nobody on whom the scan stands"
    assert desk.passwords == RIGHT
    assert scan.sender.traces.left == []
