"""Returns from the provider's page that must open nothing: of a state that was used, of no browser, and without a code."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

from PromptCraftLibrary import sign_on
from theodore_qa.systems import oauth

if TYPE_CHECKING:
    from PromptCraftLibrary.realm import Realm
    from theodore_qa.observing.checks import Checks
    from theodore_qa.systems.identities import Identity

# What the provider sends in place of a code (RFC 6749, 4.1.2.1), and nothing at all.
WITHOUT_CODE = {"denied": {"error": "access_denied"}, "code_missing": {}, "code_empty": {"code": ""}}


def without_cookie(checks: Checks, realm: Realm, person: Identity) -> None:
    """Record whether a browser is refused that delivers a state and has no cookie at all."""
    back = sign_on.way_back(realm, oauth.Browser(realm.party, person))
    answer = sign_on.delivered(realm, oauth.Browser(realm.party, person), back)
    sign_on.refused(checks, "sign_on.state_without_cookie", answer, realm)


def used_with_new_code(checks: Checks, realm: Realm, person: Identity) -> None:
    """Record whether a state that was used is refused with a second code, which the provider gives for the same request."""
    browser = oauth.Browser(realm.party, person)
    start, end = (
        realm.system.full(str(realm.words.needed(f"sign_on.{name}")).partition(" ")[2]) for name in ("page", "callback")
    )
    request = browser.walk(f"{realm.system.url}{start}", urlsplit(realm.endpoint("authorization_endpoint")).path)
    first, second = (browser.walk(request, end) for _ in range(2))
    sign_on.accepted(checks, "sign_on.state_first", sign_on.delivered(realm, browser, first))
    sign_on.refused(checks, "sign_on.state_with_new_code", sign_on.delivered(realm, browser, second), realm)


def without_code(checks: Checks, realm: Realm, person: Identity) -> None:
    """Record whether answers of the provider without a code open nothing, in the very browser that has begun the sign-on."""
    for name, brought in WITHOUT_CODE.items():
        browser = oauth.Browser(realm.party, person)
        back = urlsplit(sign_on.way_back(realm, browser))
        query = {"state": parse_qs(back.query)["state"][0], **brought}
        answer = sign_on.delivered(realm, browser, back._replace(query=urlencode(query)).geturl())
        sign_on.refused(checks, f"sign_on.{name}", answer, realm)
