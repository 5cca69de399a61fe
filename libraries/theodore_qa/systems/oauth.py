"""OAuth 2.0 and OpenID Connect: tokens of a provider, found by its discovery document or named by the environment file."""

from __future__ import annotations

import base64
import hashlib
import secrets as randoms
from dataclasses import dataclass, field
from typing import Any, TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlencode, urljoin, urlsplit

from theodore_qa.errors import NotEvaluatedError
from theodore_qa.redaction.secrets import redact, secrets
from theodore_qa.systems import second_factor
from theodore_qa.systems.authentication import answered
from theodore_qa.systems.tokens import keep_tokens, kept_unsigned

if TYPE_CHECKING:
    from collections.abc import Callable

    from theodore_qa.systems import forms
    from theodore_qa.systems.client import Client
    from theodore_qa.systems.declared import SignIn
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

DISCOVERY = "/.well-known/openid-configuration"
FORM = "application/x-www-form-urlencoded"
MOST_PAGES = 15  # of a browser's way through a sign-in


class AskedAgainError(NotEvaluatedError):
    """A page asks again for what was sent to it."""


class DeadEndError(NotEvaluatedError):
    """A browser's way through a sign-in ends at a page without a form."""


@dataclass
class RelyingParty:
    """The system that tokens are for: its name and address, and what gives clients of addresses beside it."""

    name: str
    url: str
    client_of: Callable[[str], Client]
    provider: str = ""  # the address at which the path of an issuer is served; the system's own by default


def party_of(name: str, url: str, client_of: Callable[[str], Client], way: SignIn | None) -> RelyingParty:
    """A system as the party that tokens are for; an embedded one has its provider beside it, where ``way`` names it."""
    issuer = urlsplit(way.issuer if way else "")
    provider = f"{issuer.scheme}://{issuer.netloc}" if issuer.netloc else ""
    return RelyingParty(name, url, client_of, provider)


@dataclass(frozen=True)
class Grant:
    """What a provider has granted: the body of its answer, and the nonce that was sent for the ID token."""

    answer: Exchange
    nonce: str = ""

    @property
    def body(self) -> dict[str, Any]:
        """The answer's JSON object; empty for anything else."""
        return self.answer.body if isinstance(self.answer.body, dict) else {}

    @property
    def token(self) -> str:
        """The access token."""
        return str(self.body.get("access_token", ""))


def token(party: RelyingParty, identity: Identity) -> tuple[str, float | None]:
    """An access token of an identity by its way to sign in, and how many seconds it lasts, if the provider says so.

    One that is refused is NOT EVALUATED with the provider's words.
    """
    granted = grant(party, identity)
    lasts = granted.body.get(identity.way.expires or "expires_in")
    return granted.token, float(lasts) if isinstance(lasts, int | float) else None


def grant(party: RelyingParty, identity: Identity) -> Grant:
    """What the provider grants an identity by its way to sign in; a refusal is NOT EVALUATED with the provider's words."""
    provider = endpoints(party, identity)
    how = identity.way.how
    form: dict[str, str] = {"grant_type": how}
    nonce = ""
    if how == "password":
        form |= {"username": identity.username, "password": identity.password()}
        if identity.totp_env and identity.way.second_factor:
            form[identity.way.second_factor.code] = second_factor.fresh(identity)
    elif how == "authorization_code":
        code, nonce = authorization(party, identity, provider)
        form |= code
    form |= {name: value for name, value in (("scope", identity.way.scope), ("audience", identity.way.audience)) if value}
    answer = ask(party, identity, provider["token_endpoint"], form)
    granted = Grant(answer, nonce)
    given = granted.body.get("access_token")
    if not answer.ok or not isinstance(given, str) or not given:
        keep_tokens(answer, identity.name, anywhere=True)
        raise _refused(party, identity, f"expected an access_token from {provider['token_endpoint']}", answer)
    keep_granted(granted.body, identity)
    return granted


def keep_granted(body: dict[str, Any], identity: Identity) -> None:
    """Keep the tokens of a grant out of everything that is shown."""
    for kind in ("access_token", "refresh_token", "id_token"):
        kept_unsigned(body.get(kind), f"{kind} of {identity.name}")


def endpoints(party: RelyingParty, identity: Identity) -> dict[str, str]:
    """The endpoints of the provider: as the environment names them, or by its discovery document."""
    way = identity.way
    own = party.url
    named = {"token_endpoint": way.token_url, "authorization_endpoint": way.authorization_url}
    named = {key: urljoin(f"{own}/", url) for key, url in named.items() if url}
    if "token_endpoint" in named and (way.how != "authorization_code" or "authorization_endpoint" in named):
        return named
    issuer = urljoin(f"{party.provider or own}/", way.issuer).rstrip("/")
    answer = _get(party, f"{issuer}{DISCOVERY}")
    if not answer.ok or not isinstance(answer.body, dict) or "token_endpoint" not in answer.body:
        raise _refused(party, identity, f"expected a discovery document at {issuer}{DISCOVERY}", answer)
    return answer.body | named


def ask(party: RelyingParty, identity: Identity, url: str, form: dict[str, str]) -> Exchange:
    """Send a form to an endpoint of the provider as the client of an identity."""
    way = identity.way
    client = identity.client_id or way.client_id
    variable = identity.client_secret_env or way.client_secret_env
    headers = {"Content-Type": FORM, "Accept": "application/json"}
    if variable and way.client_authentication == "basic":
        pair = f"{quote(client, safe='')}:{quote(identity.secret(variable), safe='')}"  # RFC 6749, 2.3.1
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    else:
        form = {**form, "client_id": client} | ({"client_secret": identity.secret(variable)} if variable else {})
    base, path = _split(url)
    return party.client_of(base).send("POST", path, headers, urlencode(form).encode())


def authorization(party: RelyingParty, identity: Identity, provider: dict[str, str]) -> tuple[dict[str, str], str]:
    """The form that redeems a code, and the nonce that was sent.

    The code comes by the way that a person's browser takes (RFC 6749, 4.1, with PKCE by RFC 7636).
    """
    query, verifier = authorization_request(identity)
    way, state = identity.way, query["state"]
    endpoint = provider["authorization_endpoint"]
    browser = Browser(party, identity)
    back = browser.walk(with_query(endpoint, query), way.redirect_uri)
    answer = parse_qs(urlsplit(back).query)
    if answer.get("state") != [state] or "code" not in answer:
        raise NotEvaluatedError(
            f"The identity '{identity.name}' could not sign in to {party.name}: expected a code with the state "
            f"that was sent, observed '{redact(urlsplit(back).query)[:120]}'."
        )
    secrets.add(answer["code"][0], f"code of {identity.name}")
    return {"code": answer["code"][0], "redirect_uri": way.redirect_uri, "code_verifier": verifier}, query["nonce"]


def authorization_request(identity: Identity) -> tuple[dict[str, str], str]:
    """The query of a request for a code, with a state, a nonce and a challenge of its own, and the challenge's verifier."""
    verifier = randoms.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    way = identity.way
    query = {
        "response_type": "code",
        "client_id": identity.client_id or way.client_id,
        "redirect_uri": way.redirect_uri,
        "scope": way.scope or "openid",
        "state": randoms.token_urlsafe(12),
        "nonce": randoms.token_urlsafe(12),
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return query, verifier


def with_query(endpoint: str, query: dict[str, str]) -> str:
    """The address of an endpoint with a query, which it may have in part already."""
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"


@dataclass
class Browser:
    """Follows redirects and fills in forms: name and password where they are asked for, then a code, else the form as it is."""

    party: RelyingParty
    identity: Identity
    code: str | None = None  # of the second factor; None for a fresh one
    cookies: dict[str, dict[str, str]] = field(default_factory=dict)  # by host
    signed_in: bool = False  # whether name and password were sent
    code_sent: bool = False
    received: list[tuple[str, str]] = field(default_factory=list)  # what set each cookie, and how
    submission: dict[str, str] = field(default_factory=dict)  # the form with which a way ends that does not end by a redirect
    fills: Callable[[str], bool] = bool  # in a form that goes to an address; else the way ends at its page
    last: Exchange | None = None

    def walk(self, url: str, *until: str) -> str:
        """Where the way ends: the address of the redirect that begins with one of ``until``, or has this path where it is one.

        The way of SAML ends by a form that goes to this path; it is kept in ``submission`` and not sent.
        """
        from theodore_qa.systems import forms  # reads HTML, which no other flow needs

        method, body = "GET", b""
        self.signed_in = self.code_sent = False
        for _ in range(MOST_PAGES):
            answer = self._send(method, url, body)
            if answer.location:
                url, method, body = urljoin(url, answer.location), "GET", b""
                if url.startswith(until) or urlsplit(url).path in until:
                    return url
                continue
            page = next((form for form in forms.forms_of(answer.text) if form.method == "POST"), None)
            if page is None or not self.fills(urljoin(url, page.action or url)):
                error = _refused(self.party, self.identity, f"expected a form at {url.partition('?')[0]}", answer)
                raise DeadEndError(str(error))
            if urlsplit(urljoin(url, page.action or url)).path in until:
                self.submission = dict(page.values)
                return urljoin(url, page.action)
            if page.named("password"):
                self._once(self.signed_in, url, "the password", self.identity.password_env)
                self.signed_in = True
            elif self.signed_in and self.identity.totp_env and page.named("text"):
                self._once(self.code_sent, url, "the code", self.identity.totp_env)
                self.code_sent = True
            url, method, body = urljoin(url, page.action or url), "POST", urlencode(self._filled(page)).encode()
        raise NotEvaluatedError(
            f"The identity '{self.identity.name}' could not sign in to {self.party.name}: expected a redirect to "
            f"{' or '.join(until)} within {MOST_PAGES} pages, observed {url.partition('?')[0]}."
        )

    def _once(self, done: bool, url: str, what: str, variable: str) -> None:
        """Raise where a page asks again for what was sent: once is enough, because providers lock accounts."""
        if done:
            raise AskedAgainError(
                f"The identity '{self.identity.name}' could not sign in to {self.party.name}: {url.partition('?')[0]} "
                f"asked for {what} again: check its name, and {what} in {variable}."
            )

    def _filled(self, page: forms.Form) -> dict[str, str]:
        values = dict(page.values)
        if name := page.named("text", "email"):
            values[name] = self._given_code() if self.code_sent else self.identity.username
        if name := page.named("password"):
            values[name] = self.identity.password()
        return values

    def _given_code(self) -> str:
        return second_factor.fresh(self.identity) if self.code is None else self.code

    def _send(self, method: str, url: str, body: bytes) -> Exchange:
        base, path = _split(url)
        known = self.cookies.setdefault(urlsplit(url).hostname or "", {})
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in known.items())} if known else {}
        answer = self.party.client_of(base).send(method, path, headers | ({"Content-Type": FORM} if body else {}), body)
        self.last = answer
        for cookie in answer.cookies:
            self.received.append((url, cookie))
            name, _, value = cookie.partition(";")[0].partition("=")
            known[name.strip()] = value.strip()
        return answer


def _get(party: RelyingParty, url: str) -> Exchange:
    base, path = _split(url)
    return party.client_of(base).send("GET", path)


def _split(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}", (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _refused(party: RelyingParty, identity: Identity, expected: str, answer: Any) -> NotEvaluatedError:
    observed = answered(answer)
    return NotEvaluatedError(
        f"The identity '{identity.name}' could not sign in to {party.name}: {expected}, observed {observed}."
    )
