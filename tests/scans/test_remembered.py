"""Cookies that an option of the sign-in brings: forged by a name, good after the log-out, and open to scripts."""

import base64
import hashlib
import secrets

import pytest
import services
from starlette.responses import HTMLResponse, RedirectResponse

PASSWORDS = {"ann": "maple-Harbour-41", "ben": "cedar-Lantern-72"}
ROWS = [{"operation": "POST /login", "form": {"username": "ann", "password": "none"}, "public": True}, "GET /home"]
SIGN_IN = {
    "operation": "POST /login",
    "media": "application/x-www-form-urlencoded",
    "token": {"cookie": "house"},
}
OPTION = '<form method="post"><input name="username"><input name="password"><input type="checkbox" name="stay_here"></form>'


class House:
    """Sign-ins with a session, and with ``stay_here`` another cookie, by which one is known without it."""

    def __init__(self, weakness):
        self.weakness, self.sessions, self.kept = weakness, {}, {}

    def app(self):
        routes = (("GET", "/login", self.page), ("POST", "/login", self.enter))
        return services.app(*routes, ("GET", "/home", self.home), ("POST", "/logout", self.leave))

    def page(self, _request):
        return HTMLResponse(OPTION)

    def cookie_for(self, name):
        if self.weakness == "made":
            return base64.urlsafe_b64encode(f"{name}:{hashlib.md5(name.encode()).hexdigest()}".encode()).decode()
        value = secrets.token_hex(16)
        self.kept[value] = name
        return value

    def known_by(self, value):
        if self.weakness == "made":
            return next((name for name in PASSWORDS if self.cookie_for(name) == value), None)
        return self.kept.get(value)

    async def enter(self, request):
        form = dict(part.split("=", 1) for part in (await request.body()).decode().split("&"))
        name = form.get("username", "")
        if PASSWORDS.get(name) != form.get("password"):
            return HTMLResponse("Name or password is wrong.", 401)
        session = secrets.token_hex(16)
        self.sessions[session] = name
        answer = RedirectResponse("/home", 302)
        answer.set_cookie("house", session, httponly=True, samesite="lax")
        if form.get("stay_here") == "on":
            answer.set_cookie("house_guest", self.cookie_for(name), httponly=self.weakness != "open", samesite="lax")
        return answer

    def home(self, request):
        name = self.sessions.get(request.cookies.get("house")) or self.known_by(request.cookies.get("house_guest"))
        return HTMLResponse(f"<p>Good day, {name}.</p>") if name else RedirectResponse("/login", 302)

    def leave(self, request):
        self.sessions.pop(request.cookies.get("house"), None)
        if self.weakness != "kept":
            self.kept.pop(request.cookies.get("house_guest"), None)
        return RedirectResponse("/login", 302)


@pytest.mark.parametrize(
    ("weakness", "probe", "observed"),
    [
        ("made", "session-forged", "the cookie house_guest of 'ann' signs in as 'ben' by another name"),
        ("", "session-forged", ""),
        ("kept", "token-after-logout", "the cookie house_guest signs in after the log-out of the sign-in that brought it"),
        ("", "token-after-logout", ""),
        ("open", "cookie-flags", "the cookie house_guest lacks httponly"),
        ("", "cookie-flags", ""),
    ],
)
def test_a_cookie_by_which_one_is_remembered(monkeypatch, weakness, probe, observed):
    for name, password in PASSWORDS.items():
        monkeypatch.setenv(f"PASSWORD_{name.upper()}", password)
    people = {name: {"username": name, "password_env": f"PASSWORD_{name.upper()}"} for name in PASSWORDS}
    with services.serving(House(weakness).app()) as url:
        shop = services.target(url, ROWS, people, SIGN_IN, sign_out="POST /logout")
        scan = services.scanned(shop, probe, allow_changes=True, seed=3)
    assert [finding.observed for finding in scan.findings] == ([observed] if observed else []), scan.coverage[probe]
    assert any("house_guest" in place for place in scan.coverage[probe].tried), scan.coverage[probe]
