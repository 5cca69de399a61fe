"""Sessions at an identity provider: used without a page, begun anew, and ended; one function for each ability."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from PromptCraftLibrary.provider_requests import coded, field, landing, redeemed, seen, TOO_MANY
from theodore_qa.errors import LackingError, NotEvaluatedError
from theodore_qa.redaction.secrets import secrets
from theodore_qa.systems import oauth

if TYPE_CHECKING:
    from collections.abc import Callable

    from PromptCraftLibrary.provider_requests import Landing
    from PromptCraftLibrary.realm import Realm
    from theodore_qa.observing.checks import Checks
    from theodore_qa.systems.identities import Identity

LOGGED_OUT = "http://schemas.openid.net/event/backchannel-logout"
ELSEWHERE = "https://client.example.test/signed-out"
NOT_SIGNED_IN = ("login_required", "interaction_required", "account_selection_required")
STATE, NOT_LED = "qa-signed-out", "not led to a client"


def no_prompt(checks: Checks, realm: Realm, name: str | None) -> None:
    """With prompt=none no page is shown, and with prompt=login one is (OpenID Connect Core, 3.1.2.1)."""
    client = realm.client_of(name, "authorization_code")
    browser = oauth.Browser(realm.party, client)
    before = _silent(realm, client, browser)
    if checks.that("provider.no_prompt", before.error in NOT_SIGNED_IN, " or ".join(NOT_SIGNED_IN), before.seen):
        checks.equal("provider.error_state", before.query["state"], (before.parameters or {}).get("state"))
    coded(realm, client, browser)
    after = _silent(realm, client, browser)
    expected = "a code or an error at the client, without a page"
    checks.that("provider.session_without_prompt", bool(after.code or after.error), expected, after.seen)
    again = landing(realm, client, browser, prompt="login")
    renewed = again.error in NOT_SIGNED_IN or browser.signed_in
    observed = "the page for the password" if browser.signed_in else again.seen
    checks.that("provider.prompt_login", renewed, f"the page for the password, or {NOT_SIGNED_IN[0]}", observed)


def _silent(realm: Realm, client: Identity, browser: oauth.Browser) -> Landing:
    """Where a request leads that must show no page: a page counts as one, whatever can be done on it."""
    quiet = oauth.Browser(browser.party, browser.identity, cookies=browser.cookies, fills=lambda _: False)
    return landing(realm, client, quiet, prompt="none")


def log_out(checks: Checks, realm: Realm, name: str | None) -> None:
    """Who logs out is signed in no more, and is led to a registered address alone (OpenID Connect RP-Initiated Logout, 3)."""
    realm.endpoint("end_session_endpoint")
    address = str(realm.words.needed("provider.signed_out_uri"))
    client = realm.client_of(name, "authorization_code")
    browser = oauth.Browser(realm.party, client)
    signed_out = _silent(realm, client, browser).error
    token = _signed_in(realm, client, browser)
    if _silent(realm, client, browser).error == signed_out:
        raise NotEvaluatedError("The identity provider keeps no session of a browser: there is none to end.")
    led = _logged_out(realm, browser, token, ELSEWHERE, address)
    kept = not led.startswith(ELSEWHERE)
    checks.that("provider.log_out_address", kept, f"not led to {ELSEWHERE}", led or NOT_LED)
    if _silent(realm, client, browser).error == signed_out:  # this one has ended the session
        token = _signed_in(realm, client, browser)
    led = _logged_out(realm, browser, token, address)
    checks.equal("provider.signed_out_address", f"{address} with the state {STATE}", led or NOT_LED)
    after = _silent(realm, client, browser)
    checks.that("provider.logged_out", after.error == signed_out, f"{signed_out}, as before the sign-in", after.seen)


def demand_announcements(realm: Realm) -> None:
    """Raise where the provider tells clients nothing of sessions that end (OpenID Connect Back-Channel Logout 1.0, 2.1)."""
    realm.endpoint("end_session_endpoint")
    named = realm.endpoints.get("backchannel_logout_supported")
    if named is not True:
        raise LackingError(
            f"The identity provider at {realm.issuer} announces no log-outs: expected backchannel_logout_supported true in its "
            f"discovery document, observed {'none' if named is None else str(named).lower()}.",
            "provider.backchannel_logout",
        )


def end_in(realm: Realm, browser: oauth.Browser) -> None:
    """Log a browser out at the provider, as the client that it signed in to, and confirm it where that is asked for."""
    endpoint = realm.endpoint("end_session_endpoint")
    leaving = oauth.Browser(browser.party, browser.identity, cookies=browser.cookies, fills=_below(endpoint))
    address = oauth.with_query(endpoint, {"client_id": realm.system_way.client_id})
    try:
        leaving.walk(address, ELSEWHERE)
    except oauth.DeadEndError as error:
        if leaving.last is None or not leaving.last.ok:
            raise NotEvaluatedError(f"{browser.identity.name} could not log out at the identity provider: {error}") from None


def _signed_in(realm: Realm, client: Identity, browser: oauth.Browser) -> str:
    """The ID token of a browser that has signed in."""
    answer = redeemed(realm, client, coded(realm, client, browser).form())
    token = field(answer, "id_token")
    if not isinstance(token, str):
        raise NotEvaluatedError(f"The provider gave no ID token by which somebody logs out: {seen(answer)}.")
    secrets.add(token, f"id_token of {client.name}")
    return token


def _logged_out(realm: Realm, browser: oauth.Browser, token: str, address: str, *others: str) -> str:
    """Where a log-out leads, with the state that came back; empty where it ends at a page of the provider."""
    client = browser.identity.client_id or browser.identity.way.client_id
    query = {"id_token_hint": token, "client_id": client, "post_logout_redirect_uri": address, "state": STATE}
    endpoint = realm.endpoint("end_session_endpoint")
    confirming = oauth.Browser(browser.party, browser.identity, cookies=browser.cookies, fills=_below(endpoint))
    try:
        back = confirming.walk(oauth.with_query(endpoint, query), address, *others)
    except oauth.DeadEndError:
        if confirming.last is None or confirming.last.status in (0, TOO_MANY):
            raise
        return ""
    state = parse_qs(urlsplit(back).query).get("state", [""])[0]
    return f"{back.partition('?')[0]} with the state {state}" if state else back.partition("?")[0]


def _below(endpoint: str) -> Callable[[str], bool]:
    """Whether a form goes to an endpoint or below it: of whatever else a provider shows there, nothing is to be changed."""
    path = urlsplit(endpoint).path
    return lambda address: urlsplit(address).path.startswith(path)


ABILITIES: dict[str, Callable[[Checks, Realm, str | None], None]] = {
    "no prompt": no_prompt,
    "log-out": log_out,
}
