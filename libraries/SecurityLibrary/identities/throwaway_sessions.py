"""Sessions that are begun for one request each, because the request ends them: log-outs are attacked without the scan's own."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from SecurityLibrary.sending.never_sent import is_query
from SecurityLibrary.sending.pacing import TOO_MANY
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.redaction.secrets import secrets

if TYPE_CHECKING:
    from SecurityLibrary.description.operations import ScanOperation
    from SecurityLibrary.sending.pacing import PacedClient
    from SecurityLibrary.target import Target
    from theodore_qa.systems.authentication import Authenticator
    from theodore_qa.systems.identities import Identity

SIGNS_OUT = re.compile(r"(?i)(?:log|sign)[-_]?(?:out|off)")
FIELD = re.compile(r"\{\s*(?:\w+\s*:\s*)?(\w+)")  # the first one of a query
MOST = 300  # sign-ins for it in one scan


class ThrowawaySessions:
    """The sessions of one scan; safe to use from several threads."""

    def __init__(self, target: Target, authenticator: Authenticator, client: PacedClient) -> None:
        self.authenticator, self.client = authenticator, client
        self.spent = 0
        self.ends_all = False  # whether a log-out was seen to end the other sessions of an identity too
        self._described = target.sign_out
        ready = [identity for identity in target.identities.values() if identity.ready]
        self.possible = bool(ready) and all(
            identity in target.accounts and not identity.way.csrf and not identity.totp_env for identity in ready
        )
        self._routes = [
            (operation, re.compile(re.sub(r"\\\{[^/]+?\\\}", "[^/]+", re.escape(operation.route.rstrip("/"))) + "/?"))
            for operation in target.operations
            if self.ended_by(operation)
        ]
        self._others = {(each.method, each.route) for each in target.operations if not self.ended_by(each)}
        self._lock = threading.Lock()

    def ended_by(self, operation: ScanOperation) -> bool:
        """Whether an operation signs out who sends it."""
        names = (operation.path, *_queried(operation))
        return str(operation) == self._described or any(SIGNS_OUT.search(name) for name in names)

    def needed(self, path: str, body: bytes = b"", method: str = "") -> bool:
        """Whether a request to a path may end the session with which it goes: by any method that does nothing else there.

        On a path that queries share, only a request that holds the query which signs out, or names it, does.
        """
        plain, _, query = path.partition("?")
        sent = f"{unquote_plus(query)} {body.decode('utf-8', 'replace')}"
        return any(
            route.fullmatch(plain)
            and _is_meant(operation, sent, body)
            and (_queried(operation) or method == operation.method or (method, operation.route) not in self._others)
            for operation, route in self._routes
        )

    def reason(self) -> str:
        """Why log-outs are not sent; empty if they are."""
        if self.ends_all:
            return "it ends all sessions of an identity, also the scan's own"
        return "" if self.possible else "it would end the scan's own session"

    def credentials(self, identity: Identity) -> dict[str, str]:
        """The headers of a new session of an identity.

        Raises:
            NotEvaluatedError: None can be begun.
        """
        if reason := self.reason():
            raise NotEvaluatedError(reason)
        with self._lock:
            self.spent += 1
            if self.spent > MOST:
                raise NotEvaluatedError(f"{MOST} sessions were begun to be ended, and no more are")
        answer = self.authenticator.try_sign_in(identity.username, identity.password(), way=identity.way)
        if answer.status == TOO_MANY:
            other = self.client.elsewhere()
            answer = self.authenticator.try_sign_in(identity.username, identity.password(), way=identity.way, source=other)
        token = self.authenticator.token_in(answer, identity.name, identity.way)
        if not token:
            raise NotEvaluatedError(f"no session could be begun to be ended: the sign-in was answered {answer.status}")
        secrets.add(token, f"a session of {identity.name}")
        return {**identity.headers, **self.authenticator.token_headers(identity, token)}


def _is_meant(operation: ScanOperation, sent: str, body: bytes) -> bool:
    """Whether a request to the path of an operation is this operation, by what is sent where several share the path."""
    names = {operation.path.partition("#")[2], *_queried(operation)} - {""}
    named = any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", sent) for name in names)
    return not names or named or is_query(operation, body)


def _queried(operation: ScanOperation) -> list[str]:
    """The first field of the query that an operation sends, where it sends one."""
    query = operation.body.get("query") if isinstance(operation.body, dict) else None
    return FIELD.findall(query)[:1] if isinstance(query, str) else []
