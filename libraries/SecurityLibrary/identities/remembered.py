"""Cookies by which a system knows somebody again without a session: what "remember me" at the sign-in brings, and their like."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, TYPE_CHECKING

from SecurityLibrary.description.operations import FORM
from SecurityLibrary.discovery.pages import BROWSER

if TYPE_CHECKING:
    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

OPTION = re.compile(r"(?i)remember|persist|keep|stay|trust|long[-_]?(?:term|lived|lasting)")
USUAL = ("remember", "remember_me", "rememberMe", "rememberme", "keep_me_signed_in", "stay_signed_in")
INPUT = re.compile(r"(?is)<input\b[^>]*>")
NAME = re.compile(r"(?i)\bname\s*=\s*[\"']?([\w.\[\]-]+)")
VALUE = re.compile(r"(?i)\bvalue\s*=\s*[\"']?([^\"'>\s]+)")


@dataclass(frozen=True)
class Cookie:
    """A cookie beside the session, by which its owner is known alone, and the sign-in that brought it."""

    name: str
    value: str
    answer: Exchange

    def header(self, value: str | None = None) -> dict[str, str]:
        """The header in which it goes alone, with another value where one is given."""
        return {"Cookie": f"{self.name}={self.value if value is None else value}"}


def cookies(scan: Scan, identity: Identity) -> list[Cookie]:
    """The cookies beside the session that a sign-in brings, with all options that it may have to be remembered by.

    The options are those of the description and of the page of the sign-in, or else usual ones, where they change nothing else.
    """
    if identity.totp_env:
        return []  # a sign-in without a code is a wrong one
    given = _options(scan) or dict.fromkeys(USUAL, _on(scan))
    answer = scan.sender.try_sign_in(identity.username, identity.password(), more=given)
    if not scan.authenticator.token_in(answer):  # what is not known there is refused
        answer = scan.sender.try_sign_in(identity.username, identity.password())
    session = scan.authenticator.token_in(answer)
    found = []
    for cookie in answer.cookies:
        name, _, rest = cookie.partition("=")
        value = rest.partition(";")[0].strip()
        if value and name.strip() != scan.authenticator.cookie and value.strip('"') != session:
            found.append(Cookie(name.strip(), value, answer))
    return found


def knowing(scan: Scan, identity: Identity) -> list[tuple[Cookie, ScanOperation]]:
    """The cookies that alone open something for an identity, each with an operation that refuses whoever has none."""
    return [(cookie, opened) for cookie in cookies(scan, identity) if (opened := opens(scan, identity, cookie)) is not None]


def opens(scan: Scan, identity: Identity, cookie: Cookie) -> ScanOperation | None:
    """An operation that a cookie opens alone, and that a made-up one does not; None where there is none."""
    for operation in scan.plan.operations:
        if operation.method != "GET" or "{" in operation.path or operation.secured is False or scan.plan.skip_reason(operation):
            continue
        made_up = scan.sender.send(operation, None, headers=cookie.header("qa" * 12), owner=identity)
        if made_up.ok and not made_up.asks_to_sign_in:
            continue
        answer = scan.sender.send(operation, None, headers=cookie.header(), owner=identity)
        return operation if answer.ok and not answer.asks_to_sign_in else None
    return None


def _on(scan: Scan) -> Any:
    return "on" if scan.authenticator.way.media == FORM else True


def _options(scan: Scan) -> dict[str, Any]:
    """The options of the sign-in that speak of being remembered, with the values that choose them."""
    found: dict[str, Any] = {}
    for operation in scan.target.operations:
        if scan.authenticator.signs_in(operation):
            for parameter in operation.parameters:
                if parameter.location == "body" and len(parameter.pointer) == 1 and OPTION.search(parameter.name):
                    texts = parameter.kind == "string" or operation.takes_form
                    found[parameter.name] = parameter.schema.get("example") or ("on" if texts else True)
    path = (scan.authenticator.operation or "").partition(" ")[2].partition("#")[0]
    page = scan.sender.request("GET", path, headers=BROWSER) if path else None
    for field in INPUT.findall(page.text) if page is not None and page.ok else ():
        name, value = NAME.search(field), VALUE.search(field)
        if name and OPTION.search(name[1]):
            found.setdefault(name[1], value[1] if value else "on")
    return found
