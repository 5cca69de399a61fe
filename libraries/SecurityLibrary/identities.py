"""Who may use an API, and how they are known to it: by a token, a cookie or a key, with what a form of it needs beside."""

from __future__ import annotations

import base64
import json
import os
import time
from dataclasses import dataclass, field
from typing import Any, TYPE_CHECKING
from urllib.parse import urlencode

from SecurityLibrary import pages
from SecurityLibrary.exchange import TOO_MANY
from SecurityLibrary.operations import FORM, JSON
from theodore_qa.errors import NotEvaluatedError, QaError, UsageError
from theodore_qa.redaction.secrets import secrets

if TYPE_CHECKING:
    from SecurityLibrary.exchange import Client, Exchange

PERSON = (
    "username",
    "password_env",
    "token_env",
    "header",
    "scheme",
    "headers",
    "role",
    "tenant",
    "values",
    "limits",
    "lockable",
)
LOGIN = ("operation", "username", "password", "token", "refresh", "cookie", "media", "body", "csrf")
CSRF = ("header", "parameter", "cookie", "operation", "field")
REFUSED = (400, 403, 419)  # a sign-in without its token against forged requests
SHORTEST_TOKEN = 6
MOST_SIGN_INS = 30
SIGN_IN_PAGE = ("login", "signin", "sign-in", "sign_in", "auth")


@dataclass(frozen=True)
class Person:
    """Somebody who may use the API, by a password to sign in with or by a token that is given."""

    name: str
    username: str = ""
    password_env: str = ""
    token_env: str = ""
    header: str = "Authorization"
    scheme: str = "Bearer"
    role: str = "user"
    tenant: str = "default"
    values: dict[str, Any] = field(default_factory=dict, hash=False)
    limits: str = "room"
    headers: dict[str, str] = field(default_factory=dict, hash=False)
    lockable: bool = False  # made to be locked: only its sign-in is tried, with wrong passwords

    def secret(self, variable: str) -> str:
        """The secret in an environment variable; unset is an error that names it."""
        value = os.environ.get(variable, "")
        if not value:
            raise UsageError(
                f"The identity '{self.name}' has its secret in the environment variable {variable}, which is not set: "
                f"set it before the run."
            )
        secrets.add(value, variable)
        return value

    @property
    def ready(self) -> bool:
        """Whether all secrets that are named are set."""
        return all(os.environ.get(variable) for variable in (self.password_env, self.token_env) if variable)

    @property
    def right(self) -> str:
        """The password."""
        return self.secret(self.password_env)


@dataclass
class Door:
    """The way into an API: how its description says that people sign in, and who is signed in now."""

    api: str
    login: dict[str, Any] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    first: dict[str, tuple[str, float | None]] = field(default_factory=dict)  # the first token of each person, and when it ends
    entered: dict[str, Exchange] = field(default_factory=dict)
    csrf: dict[str, str] = field(default_factory=dict)
    sign_ins: int = 0
    guarded: bool = False  # whether signing in needs a token against forged requests as well

    @property
    def operation(self) -> str:
        """The operation that signs people in; empty if there is none."""
        return str(self.login.get("operation", ""))

    def credentials(self, client: Client, person: Person | None) -> dict[str, str]:
        """The headers by which a person is known; who has a password is signed in when it is first needed."""
        if person is None:
            return {}
        if person.name not in self.tokens:
            self.tokens[person.name] = person.secret(person.token_env) if person.token_env else self.sign_in(client, person)
        token = self.tokens[person.name]
        return {**person.headers, **self._unforged(client, person, token), **self.shown(person, token)} if token else {}

    def shown(self, person: Person, token: str) -> dict[str, str]:
        """The header in which a token of a person goes."""
        name = self.login.get("cookie")
        if name and person.password_env:
            token = token.removeprefix(f"{name}=")  # a cookie that is given may have its name
            beside = self.csrf.get(person.name, "") if self.login.get("csrf", {}).get("cookie") else ""
            return {"Cookie": f"{name}={token}" + (f"; {self.login['csrf']['cookie']}={beside}" if beside else "")}
        return {person.header: f"{person.scheme} {token}".strip()}

    def token_of(self, client: Client, person: Person) -> str:
        """The token by which a person is known now."""
        self.credentials(client, person)
        return self.tokens[person.name].removeprefix(person.scheme).strip()

    def sign_in(self, client: Client, person: Person) -> str:
        """A new token of a person."""
        self.sign_ins += 1
        answer = self.try_sign_in(client, person.username, person.right)
        if answer.status == TOO_MANY:
            answer = self.try_sign_in(client, person.username, person.right, patient=True, source=client.elsewhere())
        if self.login.get("csrf") and not self.guarded and answer.status in REFUSED:
            self.guarded = True
            answer = self.try_sign_in(client, person.username, person.right, patient=True)
        token = self.token_in(answer, person.name)
        if not token and "token" not in self.login and len(answer.cookies) == 1 and (answer.ok or answer.led_to):
            self.login["cookie"] = answer.cookies[0].partition("=")[0]  # what else could be the session?
            token = self.token_in(answer, person.name)
        if not token:
            where = (
                f"the cookie '{self.login['cookie']}'"
                if self.login.get("cookie")
                else f"'{self.login.get('token', 'access_token')}'"
            )
            raise QaError(
                f"The identity '{person.name}' could not sign in to the API {self.api}: expected a token in {where}, "
                f"observed {answer.status or 'no answer'} with '{secrets.redact(answer.text)[:120]}'."
            )
        self.first.setdefault(person.name, (token, _end_of(token, answer)))
        self.entered[person.name] = answer
        self.csrf.pop(person.name, None)
        return token

    def renew(self, client: Client, person: Person) -> None:
        """Sign a person whose session has ended in anew; who has no password cannot be."""
        if not person.password_env or self.sign_ins >= MOST_SIGN_INS:
            raise NotEvaluatedError(f"the session of '{person.name}' has ended")
        self.tokens[person.name] = self.sign_in(client, person)

    def token_in(self, answer: Exchange, whose: str = "a stranger") -> str:
        """The token that an answer to a sign-in holds; empty if it holds none. None of its tokens is shown from here on."""
        self.renewal_in(answer, whose)
        found: Any
        if name := self.login.get("cookie"):
            found = _cookie(answer, name) if answer.ok or answer.led_to else None
        else:
            found = inwards(answer.body, str(self.login.get("token", "access_token"))) if answer.ok else None
        return _kept_out(found, f"token of {whose}")

    def renewal_in(self, answer: Exchange, whose: str = "a stranger") -> str:
        """The token for renewal that an answer to a sign-in holds; empty if it holds none."""
        found = inwards(answer.body, str(self.login["refresh"])) if answer.ok and self.login.get("refresh") else None
        return _kept_out(found, f"token for renewal of {whose}")

    def try_sign_in(
        self,
        client: Client,
        username: Any,
        password: Any,
        headers: dict[str, str] | None = None,
        *,
        patient: bool = False,
        more: dict[str, Any] | None = None,
        query: dict[str, Any] | None = None,
        source: str = "",
    ) -> Exchange:
        """Ask for a token with any name and password, and ``more`` in the body or the ``query``, whatever comes back."""
        if not self.login:
            raise UsageError(f"The API {self.api} does not say how to sign in: add 'login' to its description.")
        method, path = self.operation.split(" ", 1)
        path += f"?{urlencode(query)}" if query else ""
        names = (self.login.get("username", "username"), self.login.get("password", "password"))
        shown, beside = self._before(client, path) if self.guarded else ({}, {})
        body = {**self.login.get("body", {}), **beside, **(more or {})} | dict(zip(names, (username, password), strict=True))
        if self.login.get("media") == FORM:
            kind, content = FORM, urlencode(body).encode()
        else:
            kind, content = JSON, json.dumps(body).encode()
        return client.send(
            method, path, {"Content-Type": kind} | shown | (headers or {}), content, patient=patient, source=source
        )

    def unforged(self, client: Client, person: Person) -> dict[str, str]:
        """The fields that keep forms from being sent by other sites, where the API asks for them."""
        told = self.login.get("csrf", {})
        self.credentials(client, person)
        return {str(told["parameter"]): self.csrf[person.name]} if told.get("parameter") and person.name in self.csrf else {}

    def _unforged(self, client: Client, person: Person, token: str) -> dict[str, str]:
        """What keeps requests from being forged by other sites, where the API asks for it."""
        told = self.login.get("csrf")
        if not told:
            return {}
        if person.name not in self.csrf:
            answer = self.entered.get(person.name)
            if told.get("operation"):
                method, path = str(told["operation"]).split(" ", 1)
                answer = client.send(method, path, {**person.headers, **self.shown(person, token)})
            self.csrf[person.name] = _csrf_token(answer, told) if answer is not None else ""
        return {str(told["header"]): self.csrf[person.name]} if told.get("header") else {}

    def _before(self, client: Client, path: str) -> tuple[dict[str, str], dict[str, str]]:
        """Headers and fields for a sign-in that needs a token itself: a session of nobody's, and the token that goes with it."""
        told = self.login["csrf"]
        method, source = str(told.get("operation", f"GET {path}")).split(" ", 1)
        answer = client.send(method, source)
        token = _csrf_token(answer, told)
        shown = {"Cookie": "; ".join(one.partition(";")[0] for one in answer.cookies)} if answer.cookies else {}
        shown |= {str(told["header"]): token} if told.get("header") else {}
        return shown, {str(told["parameter"]): token} if told.get("parameter") else {}


def _csrf_token(answer: Exchange, told: dict[str, Any]) -> str:
    """The token against forged requests in an answer: in a cookie, in a field of JSON, or in a field of a page's form."""
    if told.get("cookie"):
        return _cookie(answer, told["cookie"])
    name = str(told.get("field", "csrf_token"))
    if answer.body is None:
        return pages.field_of(answer, name)
    return str(inwards(answer.body, name) or "")


def _kept_out(found: Any, name: str) -> str:
    """What was found where a token is meant to be, kept out of everything that is shown; empty if it is none."""
    if not isinstance(found, str) or len(found) < SHORTEST_TOKEN:
        return ""
    secrets.add(found, name)
    return found


def _cookie(answer: Exchange, name: str) -> str:
    """The value of a cookie that an answer sets; empty if it sets none of this name."""
    given = (cookie.partition(";")[0].partition("=") for cookie in answer.cookies)
    return next((value for one, _, value in given if one == name), "")


def inwards(body: Any, name: str) -> Any:
    """What stands in a body under a name, in which dots lead inwards; None where there is nothing."""
    for part in name.split("."):
        body = body.get(part) if isinstance(body, dict) else None
    return body


def _end_of(token: str, answer: Exchange) -> float | None:
    """When a token ends, in seconds since 1970: as it says itself, or as the answer says that brought it."""
    parts = claims_of(token)
    ends = parts[1].get("exp") if parts else None
    lasts = answer.body.get("expires_in") if isinstance(answer.body, dict) else None
    if isinstance(ends, int | float):
        return float(ends)
    return time.time() + lasts if isinstance(lasts, int | float) else None


def claims_of(token: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Header and claims of a JSON Web Token; None if it is none."""
    parts = token.split(".")
    if len(parts) != 3:  # noqa: PLR2004  # header, claims, signature
        return None
    try:
        header, claims = (json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in parts[:2])
    except ValueError:
        return None
    return (header, claims) if isinstance(header, dict) and isinstance(claims, dict) else None


def asks_to_sign_in(answer: Exchange) -> bool:
    """Whether an answer says that whoever asked has to sign in: 401, or the way to a page where that is done."""
    led = answer.led_to.lower()
    return answer.status == 401 or (bool(led) and any(part in led for part in SIGN_IN_PAGE))  # noqa: PLR2004  # unauthorised
