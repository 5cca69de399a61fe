"""The provider's pages: name and password, then the code of whoever has a second factor, and the form that goes back."""

from __future__ import annotations

import hmac
import html
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse, Response

from theodore_sandbox import defects
from theodore_sandbox.promptcraft.provider import second_factor

if TYPE_CHECKING:
    from theodore_sandbox.common.settings import User
    from theodore_sandbox.promptcraft.provider.realm import Realm

ENTERED = ("username", "password", "otp")


def user_of(realm: Realm, form: dict[str, str]) -> User | None:
    """Whose name and password a form holds."""
    user = realm.users.get(form.get("username", ""))
    given = form.get("password", "").encode()
    return user if user and hmac.compare_digest(user.password.encode(), given) else None


def signed_in(realm: Realm, form: dict[str, str]) -> User | Response:
    """Who has signed in by the pages; or the page that is shown next."""
    known = realm.waiting.get(form.get("session_code", ""), "")
    user = realm.users.get(known) or user_of(realm, form)
    if user is None:
        return password_page(form, "Invalid username or password.")
    if user.totp and not defects.on("second-factor-left-out-by-page"):
        if not known:
            return _code_page(form | {"session_code": realm.wait(user)})
        if not second_factor.taken(user, form.get("otp", ""), realm.used_codes):
            return _code_page(form, "Invalid authenticator code.")
        realm.waiting.pop(form["session_code"])
    return user


def password_page(values: dict[str, str], problem: str = "") -> Response:
    """The page that asks for name and password."""
    return _page(values, problem, '<input name="username" type="text"><input name="password" type="password">')


def _code_page(values: dict[str, str], problem: str = "") -> Response:
    return _page(values, problem, '<input name="otp" type="text" autocomplete="one-time-code">')


def submitting(address: str, values: dict[str, str]) -> Response:
    """The page that takes a browser back to where it came from, by a form that submits itself."""
    script = "<script>document.forms[0].submit()</script>"
    return _page(values, "", "", f' action="{html.escape(address)}"', script)


def _page(values: dict[str, str], problem: str, fields: str, action: str = "", script: str = "") -> Response:
    hidden = "".join(
        f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
        for name, value in values.items()
        if name not in ENTERED
    )
    return HTMLResponse(
        f"<!doctype html><title>Sign in</title><p>{html.escape(problem)}</p><form method=post{action}>{hidden}{fields}"
        f"<button>Sign In</button></form>{script}"
    )
