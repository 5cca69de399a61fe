"""Requests to an identity provider as clients and browsers send them, and where they lead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit

from robot.api import logger

from theodore_qa.errors import NotEvaluatedError
from theodore_qa.redaction.secrets import secrets
from theodore_qa.systems import oauth

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PromptCraftLibrary.realm import Realm
    from theodore_qa.observing.checks import Checks
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

REFUSED = (400, 401)
TOO_MANY, SERVER_ERROR = 429, 500


@dataclass(frozen=True)
class Landing:
    """Where a request for a code has led: back to the client at an address, or to a page that goes no further."""

    query: dict[str, str]  # of the request
    verifier: str
    address: str = ""  # to which the browser was sent; empty where it was not
    parameters: Mapping[str, str] | None = None
    page: Exchange | None = None

    @property
    def code(self) -> str:
        """The code, if one came."""
        return self.parameters.get("code", "") if self.parameters else ""

    @property
    def error(self) -> str:
        """The error of which the client learns."""
        return self.parameters.get("error", "") if self.parameters else ""

    @property
    def refused(self) -> bool:
        """Whether the provider said no: to the client by an error, or by a page of its own; a server error says nothing."""
        return bool(self.error) or (self.page is not None and self.page.status < SERVER_ERROR)

    @property
    def seen(self) -> str:
        """What came of it, for people."""
        if self.page is not None:
            return f"a page with status {self.page.status}"
        return f"{self.error or ('a code' if self.code else 'neither code nor error')} at {self.address}"

    def form(self, **changes: str) -> dict[str, str]:
        """The form that redeems the code; what is empty is left out."""
        form = {"code": self.code, "redirect_uri": self.query["redirect_uri"], "code_verifier": self.verifier, **changes}
        return {name: value for name, value in form.items() if value}


def landing(realm: Realm, client: Identity, browser: oauth.Browser | None = None, /, **changes: str) -> Landing:
    """Where a request for a code leads that differs so from the usual one; a parameter that is empty is left out.

    A provider that does not answer, and one that wants fewer requests, are NOT EVALUATED.
    """
    query, verifier = oauth.authorization_request(client)
    query = {name: value for name, value in (query | changes).items() if value}
    browser = browser or oauth.Browser(realm.party, client)
    address, own = query["redirect_uri"], client.way.redirect_uri
    try:
        back = browser.walk(oauth.with_query(realm.endpoint("authorization_endpoint"), query), address, own)
    except oauth.DeadEndError:
        page = browser.last
        if page is None or page.status in (0, TOO_MANY):
            raise
        return Landing(query, verifier, page=page)
    parameters = dict(parse_qsl(urlsplit(back).query))
    if parameters.get("code"):
        secrets.add(parameters["code"], f"code of {client.name}")
    return Landing(query, verifier, address if back.startswith(address) else own, parameters)


def coded(realm: Realm, client: Identity, browser: oauth.Browser | None = None, /, **changes: str) -> Landing:
    """A landing with a code; one without is NOT EVALUATED."""
    found = landing(realm, client, browser, **changes)
    if not found.code:
        raise NotEvaluatedError(
            f"The identity provider gave {client.name} no code to try: expected one at {found.query['redirect_uri']}, "
            f"observed {found.seen}."
        )
    return found


def without_nonce(realm: Realm, client: Identity) -> Exchange | None:
    """What a code brings that was requested without a nonce; None from a provider that refuses such a request, as it may."""
    found = landing(realm, client, nonce="")
    if found.error:
        logger.info(f"The provider gives no code without a nonce, so that no ID token without one is tried: {found.seen}.")
        return None
    return redeemed(realm, client, (found if found.code else coded(realm, client, nonce="")).form())


def granted(realm: Realm, client: Identity, form: dict[str, str]) -> Exchange:
    """The answer of the token endpoint to a client; what it grants is kept out of everything that is shown."""
    answer = oauth.ask(realm.party, client, realm.endpoint("token_endpoint"), form)
    oauth.keep_granted(answer.body if isinstance(answer.body, dict) else {}, client)
    return answer


def redeemed(realm: Realm, client: Identity, form: dict[str, str]) -> Exchange:
    """The answer to a code."""
    return granted(realm, client, {"grant_type": "authorization_code", **form})


def renewed(realm: Realm, client: Identity, token: str, **more: str) -> Exchange:
    """The answer to a refresh token."""
    return granted(realm, client, {"grant_type": "refresh_token", "refresh_token": token, **more})


def other_client(realm: Realm, name: str | None) -> Identity:
    """The system's own client, which has a secret, beside the public one."""
    client = realm.client_of(name, "password")
    number = client.client_id or client.way.client_id
    if not (client.client_secret_env or client.way.client_secret_env) or number == realm.words.get("provider.public_client"):
        raise NotEvaluatedError(
            f"The sign_in of {realm.system.name} names no client with a secret beside provider.public_client: what one client "
            f"was given cannot be tried by another."
        )
    return client


def unauthenticated(realm: Realm, endpoint: str, form: dict[str, str]) -> Exchange:
    """The answer to a form that no client authenticates."""
    headers = {"Content-Type": oauth.FORM, "Accept": "application/json"}
    return sent(realm, endpoint, "POST", headers, urlencode(form).encode())


def sent(realm: Realm, endpoint: str, method: str, headers: dict[str, str], body: bytes = b"") -> Exchange:
    """The answer of an endpoint that the discovery document names."""
    parts = urlsplit(realm.endpoint(endpoint))
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return realm.system.beside(f"{parts.scheme}://{parts.netloc}").send(method, path, headers, body)


def profile(realm: Realm, token: str) -> Exchange:
    """The answer of the UserInfo endpoint to a token; to nobody without one."""
    return sent(realm, "userinfo_endpoint", "GET", {"Authorization": f"Bearer {token}"} if token else {})


def field(answer: Exchange, name: str) -> Any:
    """A field of a JSON object; None for anything else."""
    return answer.body.get(name) if isinstance(answer.body, dict) else None


def refused(checks: Checks, check: str, answer: Exchange, *errors: str) -> bool:
    """Record whether a form was refused with one of these errors (RFC 6749, 5.2)."""
    right = answer.status in REFUSED and field(answer, "error") in errors
    return checks.that(check, right, f"status 400 or 401 with {' or '.join(errors)}", seen(answer))


def seen(answer: Exchange) -> str:
    """What an answer was, without its values."""
    body = answer.body if isinstance(answer.body, dict) else {}
    if not answer.status:
        return f"no answer ({answer.problem})"
    return f"status {answer.status} with " + (
        str(body["error"]) if "error" in body else f"the fields {', '.join(body) or 'none'}"
    )
