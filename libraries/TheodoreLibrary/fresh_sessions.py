"""Sessions of an identity beside the one that keywords use, so that one of them can be ended."""

from __future__ import annotations

from typing import Any, NamedTuple, TYPE_CHECKING

from theodore_qa.context import context
from theodore_qa.errors import QaError
from theodore_qa.redaction.secrets import secrets
from TheodoreLibrary.jobs import OK

if TYPE_CHECKING:
    from theodore_qa.systems.exchange import Exchange

TOKENS = ("access_token", "refresh_token")


class Session(NamedTuple):
    """The tokens of one sign-in."""

    access: str
    refresh: str


def signed_in(identity: str | None, *, remember: bool = False) -> Exchange:
    """The answer to one more sign-in of an identity, which asks to be remembered if so requested."""
    user = context.system.identity(identity)
    body: dict[str, Any] = {"username": user.username, "password": user.password()}
    return _kept(context.system.request("POST", "/auth/login", json_body=body | ({"remember_me": True} if remember else {})))


def renewed(session: Session) -> Exchange:
    """The answer to the exchange of a session's refresh token."""
    return _kept(context.system.request("POST", "/auth/refresh", json_body={"refresh_token": session.refresh}))


def begin(identity: str | None) -> Session:
    """Sign an identity in once more; an answer without both tokens is an error."""
    answer = signed_in(identity)
    access, refresh = (str(answer.object().get(name) or "") for name in TOKENS)
    if answer.status != OK or not access or not refresh:
        raise QaError(f"The sign-in was answered {answer.status} without two tokens.")
    return Session(access, refresh)


def end(session: Session) -> None:
    """Sign a session out; a refusal is an error."""
    answer = context.system.request("POST", "/auth/logout", token=session.access)
    if answer.status != OK:
        raise QaError(f"The log-out was answered {answer.status} with {answer.excerpt(100)}.")


def _kept(answer: Exchange) -> Exchange:
    """An answer whose tokens are kept out of every log."""
    for name in TOKENS:
        token = answer.object().get(name)
        if isinstance(token, str) and token:
            secrets.add(token, name)
    return answer
