"""How identities are known to a system: signed in when first needed, by the way that the environment file describes."""

from __future__ import annotations

import base64
import json
import threading
import time
from http import HTTPStatus
from typing import Any, Protocol, TYPE_CHECKING
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from theodore_qa.errors import NotEvaluatedError, QaError, UsageError
from theodore_qa.redaction.secrets import redact
from theodore_qa.systems import pointers, printed_tokens, second_factor, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from theodore_qa.systems.declared import Csrf, SignIn
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
REFUSED = (HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, 419)  # a sign-in without its token against forged requests
MOST_SIGN_INS = 30
SOON = 5.0  # seconds before its end at which a token is renewed
EACH_TIME = ("basic", "digest")  # ways by which name and password go with each request, without a token


class Sender(Protocol):
    """What sends the requests of a sign-in."""

    def send(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b"", **options: Any
    ) -> Exchange:
        """Send one request."""


class Authenticator:
    """Who is signed in to a system now, and how somebody does.

    ``way`` is the system's own way to sign in; an identity may have another. ``located`` gives method and path of an operation
    as it is sent, ``elsewhere`` another address to send a sign-in from that is limited, where the sender has one. Safe to use
    from several threads.
    """

    def __init__(
        self,
        system: str,
        way: SignIn,
        sender: Sender,
        located: Callable[[str], tuple[str, str]],
        oauth: Callable[[Identity], tuple[str, float | None]] | None = None,
        elsewhere: Callable[[], str] | None = None,
    ) -> None:
        self.system, self.way, self.sender, self.located = system, way, sender, located
        self.tokens: dict[str, str] = {}
        self.first: dict[str, tuple[str, float | None]] = {}  # the first token of each identity, and when it ends
        self.answers: dict[str, Exchange] = {}  # to the last sign-in of each
        self.csrf: dict[str, str] = {}
        self.sign_ins = 0
        self.guarded = False  # whether signing in needs a token against forged requests as well
        self.cookie = way.token["cookie"] if isinstance(way.token, dict) and "cookie" in way.token else ""
        self._until: dict[str, float] = {}  # when the token of each identity is renewed
        self.challenging = "GET /"  # the operation that is asked for a challenge where the way to sign in names none
        self._digests: dict[str, Any] = {}
        self._oauth = oauth
        self._elsewhere = elsewhere
        self._lock = threading.RLock()

    @property
    def operation(self) -> str:
        """The operation that signs identities in, as it is sent; empty if there is none."""
        return " ".join(self.located(self.way.operation)) if self.way.operation and self.way.how == "request" else ""

    def signs_in(self, operation: object) -> bool:
        """Whether an operation signs identities in, by its label; a query of GraphQL that has a name there, by both."""
        name = self.way.operation.partition("#")[2]
        return bool(self.operation) and str(operation) in (self.operation, f"{self.operation}#{name}")

    @property
    def name_field(self) -> str:
        """Where the name goes in the body of a sign-in, as parameters are named."""
        return ".".join(pointers.parts(self.way.username))

    @property
    def password_field(self) -> str:
        """What the place for the password in the body of a sign-in is called, without what it stands in."""
        return str(pointers.parts(self.way.password)[-1]) if self.way.operation else ""

    # Who somebody is

    def credentials(self, identity: Identity | None, method: str = "GET", path: str = "/") -> dict[str, str]:
        """The headers by which an identity is known in a request; it is signed in when it is first needed."""
        if identity is None:
            return {}
        how = identity.way.how
        if how == "basic" and identity.signs_in:
            plain = f"{identity.username}:{identity.password()}".encode()
            pair = tokens.kept_secret(base64.b64encode(plain).decode(), f"basic credentials of {identity.name}")
            return {**identity.headers, "Authorization": f"Basic {pair}"}
        if how == "digest" and identity.signs_in:
            return {**identity.headers, "Authorization": self._digest(identity, method, path)}
        token = self.token(identity)
        if not token:
            return dict(identity.headers)
        return {**identity.headers, **self._unforged(identity, token), **self.token_headers(identity, token)}

    def signed_path(self, identity: Identity | None, path: str) -> str:
        """A path with the token of an identity in its query, where tokens go there."""
        if identity is None or not identity.query:
            return path
        return f"{path}{'&' if '?' in path else '?'}{identity.query}={quote(self.token(identity), safe='')}"

    def token(self, identity: Identity) -> str:
        """The token by which an identity is known now; empty for one that is known otherwise."""
        with self._lock:
            if identity.name in self.tokens and time.time() < self._until.get(identity.name, float("inf")):
                return self.tokens[identity.name].removeprefix(f"{identity.scheme} ").strip()
            self.tokens[identity.name] = self._new_token(identity)
            return self.tokens[identity.name]

    def _keep_until(self, identity: Identity, ends: float | None) -> None:
        """Have a token renewed shortly before its end; of one that hardly lasts, half of its time is used."""
        lasts = ends - time.time() if ends is not None else 0.0
        self._until[identity.name] = float("inf") if ends is None else ends - min(SOON, max(0.0, lasts) / 2)

    def _new_token(self, identity: Identity) -> str:
        if identity.token_env:
            return identity.secret(identity.token_env)
        how = identity.way.how
        if how in ("client_credentials", "password", "authorization_code") and self._oauth:
            token, lasts = self._oauth(identity)
            ends = tokens.end_of(token, None, "")
            self._keep_until(identity, time.time() + lasts if ends is None and lasts is not None else ends)
            return token
        if how == "command":
            token = printed_tokens.printed(identity)
            self._keep_until(identity, tokens.end_of(token, None, ""))
            return token
        return self.sign_in(identity) if identity.signs_in and how not in EACH_TIME else ""

    def token_headers(self, identity: Identity, token: str) -> dict[str, str]:
        """The header in which a token of an identity goes."""
        name = identity.cookie or (self.cookie if identity.signs_in else "")
        if name:
            token = token.removeprefix(f"{name}=")  # a cookie that is given may have its name
            csrf = identity.way.csrf
            beside = self.csrf.get(identity.name, "") if csrf and csrf.cookie else ""
            return {"Cookie": f"{name}={token}" + (f"; {csrf.cookie}={beside}" if csrf and beside else "")}
        return {} if identity.query else {identity.header: f"{identity.scheme} {token}".strip()}

    # Signing in

    def sign_in(self, identity: Identity) -> str:
        """A new token of an identity; a sign-in that is refused is NOT EVALUATED, one that breaks a failure of the system."""
        self.sign_ins += 1
        password = identity.password()
        way = identity.way
        factor = way.second_factor if identity.totp_env else None
        in_one = {factor.code: second_factor.fresh(identity)} if factor and not factor.operation else None
        answer = self.try_sign_in(identity.username, password, way=way, more=in_one)
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            other: dict[str, Any] = {"source": self._elsewhere()} if self._elsewhere else {}
            answer = self.try_sign_in(identity.username, password, way=way, more=in_one, patient=True, **other)
        if way.csrf and not self.guarded and answer.status in REFUSED:
            self.guarded = True
            answer = self.try_sign_in(identity.username, password, way=way, more=in_one, patient=True)
        if factor and factor.operation and answer.ok:
            place, given = self.located(factor.operation), second_factor.fresh(identity)
            answer = second_factor.confirmed(self.sender.send, place, factor, answer, given, patient=True)
        token = self.token_in(answer, identity.name, way)
        if not token and way.token is None and len(answer.cookies) == 1 and (answer.ok or answer.location):
            self.cookie = answer.cookies[0].partition("=")[0]  # what else could be the session?
            token = self.token_in(answer, identity.name, way)
        if not token:
            raise self._refused(identity, answer)
        ends = tokens.end_of(token, answer, way.expires)
        self.first.setdefault(identity.name, (token, ends))
        self._keep_until(identity, ends)
        self.answers[identity.name] = answer
        self.csrf.pop(identity.name, None)
        return token

    def _refused(self, identity: Identity, answer: Exchange) -> QaError:
        observed = answered(answer)
        sentence = (
            f"The identity '{identity.name}' could not sign in to {self.system}: expected a token in "
            f"{self._token_place(identity.way)} of {identity.way.operation}, observed {observed}"
        )
        if answer.status in (0, HTTPStatus.TOO_MANY_REQUESTS) or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.ok:
            return QaError(f"{sentence}.")
        return NotEvaluatedError(f"{sentence}: check its name, and the password in {identity.password_env}.")

    def _token_place(self, way: SignIn) -> str:
        if self.cookie:
            return f"the cookie '{self.cookie}'"
        if isinstance(way.token, dict):
            kind, name = next(iter(way.token.items()))
            return f"the {kind} '{name}'"
        return f"the field '{way.token or 'access_token'}'"

    def renew(self, identity: Identity) -> None:
        """Sign an identity whose session has ended in anew."""
        how = identity.way.how
        possible = identity.signs_in if how == "request" else how not in EACH_TIME and not identity.token_env
        if not possible or self.sign_ins >= MOST_SIGN_INS:
            raise NotEvaluatedError(f"the session of '{identity.name}' has ended")
        with self._lock:
            self.sign_ins += how != "request"  # sign_in counts itself
            self.tokens[identity.name] = self.sign_in(identity) if how == "request" else self._new_token(identity)

    def forget(self, identity: Identity) -> str | None:
        """Take the token of an identity out of use and return it."""
        return self.tokens.pop(identity.name, None)

    def try_sign_in(
        self,
        username: Any,
        password: Any,
        headers: dict[str, str] | None = None,
        *,
        more: dict[str, Any] | None = None,
        query: dict[str, Any] | None = None,
        way: SignIn | None = None,
        patient: bool = False,
        **options: Any,
    ) -> Exchange:
        """Send a sign-in with any name and password, and ``more`` in the body or the ``query``, whatever comes back."""
        way = way or self.way
        if not way.operation:
            raise UsageError(f"The system {self.system} does not say how to sign in: add 'sign_in' to its description.")
        method, path = self.located(way.operation)
        path += f"?{urlencode(query)}" if query else ""
        credentials, beside = self._before(path) if self.guarded else ({}, {})
        body = self.sign_in_body(username, password, way, {**beside, **(more or {})})
        content = urlencode(body).encode() if way.media == FORM else json.dumps(body).encode()
        kind = {"Content-Type": way.media}
        return self.sender.send(
            method, path, kind | way.headers | credentials | (headers or {}), content, patient=patient, **options
        )

    @staticmethod
    def sign_in_body(username: Any, password: Any, way: SignIn, more: dict[str, Any] | None = None) -> dict[str, Any]:
        """What a sign-in sends for a name and a password, with ``more`` beside them."""
        body: dict[str, Any] = pointers.put({**(way.body or {}), **(more or {})}, way.username, username)
        return dict(pointers.put(body, way.password, password))

    def try_several(self, username: str, passwords: list[str], *, source: str = "") -> Exchange:
        """Send a list of sign-ins with one name and several passwords in one request, whatever comes back."""
        way = self.way
        bodies = [self.sign_in_body(username, password, way) for password in passwords]
        content, kind = json.dumps(bodies).encode(), {"Content-Type": way.media}
        options: dict[str, Any] = {"source": source} if source else {}
        return self.sender.send(*self.located(way.operation), kind | way.headers, content, **options)

    def try_code(self, identity: Identity, given: str) -> Exchange:
        """The last answer to a sign-in by name, password and a code, whatever it is; without a code where it is empty."""
        factor = identity.way.second_factor
        in_one = {factor.code: given} if factor and not factor.operation and given else None
        first = self.try_sign_in(identity.username, identity.password(), way=identity.way, more=in_one)
        if factor is None or not factor.operation or not first.ok or not given:
            return first
        return second_factor.confirmed(self.sender.send, self.located(factor.operation), factor, first, given)

    def token_in(self, answer: Exchange, whose: str = "somebody", way: SignIn | None = None) -> str:
        """The token that an answer to a sign-in holds; empty if it holds none. None of its tokens is shown from here on."""
        self.renewal_in(answer, whose)
        way = way or self.way
        source = way.token
        got: Any
        if self.cookie:
            got = tokens.cookie_in(answer, self.cookie) if answer.ok or answer.location else ""
        elif isinstance(source, dict) and "header" in source:
            got = answer.headers.get(source["header"].lower(), "") if answer.ok or answer.location else ""
            scheme, _, rest = got.partition(" ")
            got = rest if rest and scheme.lower() == way.scheme.lower() else got
        elif isinstance(source, dict) and "redirect" in source:
            parts = urlsplit(answer.location)
            known = parse_qs(parts.query) | parse_qs(parts.fragment)
            got = next(iter(known.get(source["redirect"], [])), "")
        else:
            got = pointers.found(answer.body, str(source or "access_token")) if answer.ok else None
        tokens.keep_tokens(answer, whose, anywhere=not got)
        return tokens.kept_secret(got, f"token of {whose}")

    def tokens_in(self, answer: Exchange) -> list[str]:
        """The tokens that the items of an answer to several sign-ins hold, in their order; empty texts where one holds none."""
        whole = self.token_in(answer)  # none of them is shown from here on
        items = answer.body if isinstance(answer.body, list) else []
        place = str(self.way.token or "access_token") if not isinstance(self.way.token, dict) else ""
        found = [pointers.found(item, place) if place and isinstance(item, dict) else None for item in items]
        return [tokens.kept_secret(each, "token of somebody") for each in found] or [whole]

    def renewal_in(self, answer: Exchange, whose: str = "somebody") -> str:
        """The token for renewal that an answer to a sign-in holds; empty if it holds none."""
        got = pointers.found(answer.body, self.way.refresh) if answer.ok and self.way.refresh else None
        return tokens.kept_secret(got, f"token for renewal of {whose}")

    def _digest(self, identity: Identity, method: str, path: str) -> str:
        """The header of HTTP digest for one request (RFC 7616); the challenge is asked for once."""
        import httpx

        with self._lock:
            address = f"http://system{path}"
            if identity.name not in self._digests:
                self._digests[identity.name] = self._challenged(identity)
            request = next(self._digests[identity.name].auth_flow(httpx.Request(method, address)))
        return str(request.headers["Authorization"])

    def _challenged(self, identity: Identity) -> Any:
        import httpx

        digest = httpx.DigestAuth(identity.username, identity.password())
        method, path = self.located(identity.way.operation or self.challenging)
        request = httpx.Request(method, f"http://system{path}")
        flow = digest.auth_flow(request)
        next(flow)
        answer = self.sender.send(method, path)
        challenge = answer.headers.get("www-authenticate", "")
        if "digest" not in challenge.lower():
            raise NotEvaluatedError(
                f"The identity '{identity.name}' could not sign in to {self.system}: expected a challenge for digest "
                f"from {method} {path}, observed {answer.status} with '{challenge or 'no WWW-Authenticate'}'."
            )
        flow.send(httpx.Response(answer.status, headers=dict(answer.headers), request=request))
        return digest

    # Tokens against forged requests

    def unforged(self, identity: Identity) -> dict[str, str]:
        """The fields that keep forms from being sent by other sites, where the system wants them."""
        csrf = identity.way.csrf
        self.credentials(identity)
        return {csrf.parameter: self.csrf[identity.name]} if csrf and csrf.parameter and identity.name in self.csrf else {}

    def guard_of(self, identity: Identity) -> str:
        """The token against forged requests of an identity's session; empty where the system wants none."""
        self.credentials(identity)
        return self.csrf.get(identity.name, "")

    def guarding(self, identity: Identity, token: str) -> tuple[dict[str, str], dict[str, str]]:
        """The headers and the fields of a form for a request in a session that was just begun, and that is not the kept one."""
        csrf = identity.way.csrf
        self.csrf.pop(identity.name, None)
        headers = {**identity.headers, **self._unforged(identity, token), **self.token_headers(identity, token)}
        fresh = self.csrf.pop(identity.name, "")  # that of the kept session is looked up anew
        return headers, {csrf.parameter: fresh} if csrf and csrf.parameter and fresh else {}

    def _unforged(self, identity: Identity, token: str) -> dict[str, str]:
        csrf = identity.way.csrf
        if not csrf:
            return {}
        if identity.name not in self.csrf:
            answer = self.answers.get(identity.name)
            if csrf.operation:
                answer = self.sender.send(
                    *self.located(csrf.operation), {**identity.headers, **self.token_headers(identity, token)}
                )
            self.csrf[identity.name] = _csrf_token(answer, csrf) if answer is not None else ""
        return {csrf.header: self.csrf[identity.name]} if csrf.header else {}

    def _before(self, path: str) -> tuple[dict[str, str], dict[str, str]]:
        """Headers and fields for a sign-in that needs a token itself: a session of nobody's, and the token that goes with it."""
        csrf = self.way.csrf
        if csrf is None:
            return {}, {}
        method, source = self.located(csrf.operation) if csrf.operation else ("GET", path)
        answer = self.sender.send(method, source)
        token = _csrf_token(answer, csrf)
        headers = {"Cookie": "; ".join(cookie.partition(";")[0] for cookie in answer.cookies)} if answer.cookies else {}
        headers |= {csrf.header: token} if csrf.header else {}
        return headers, {csrf.parameter: token} if csrf.parameter else {}


def _csrf_token(answer: Exchange, csrf: Csrf) -> str:
    """The token against forged requests in an answer: in a cookie, in a field of JSON, or in a field of a page's form."""
    if csrf.cookie:
        return tokens.cookie_in(answer, csrf.cookie)
    if answer.body is None:
        from theodore_qa.systems import forms  # its parser is needed by few systems

        return forms.field_of(answer.text, csrf.field)
    return str(pointers.found(answer.body, csrf.field) or "")


def answered(answer: Exchange) -> str:
    """What an answer to a sign-in was, for messages: the names of its fields where it may hold a token, else its text."""
    if not answer.status:
        return f"no answer ({answer.problem})"
    if not answer.ok:
        return f"{answer.status} with '{redact(answer.text)[:120]}'"
    if answer.body is None:
        return f"{answer.status} with {len(answer.text)} characters of {answer.media or 'no content type'}"
    names = ", ".join(name for name, _ in pointers.leaves(answer.body) if name)
    return f"{answer.status} with the fields {names}" if names else f"{answer.status} without fields"
