"""Error answers of a system beside each other: their shapes, and the protective headers that only successes carry."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, TYPE_CHECKING

from ApiLibrary import requests
from theodore_qa import headers as protective
from theodore_qa.context import context
from theodore_qa.errors import UsageError
from theodore_qa.systems import conformance
from theodore_qa.systems.nobody import NOBODY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from theodore_qa.observing.checks import Checks
    from theodore_qa.systems.exchange import Exchange

FIRST_ERROR = 400
PREFLIGHT = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"}
FORM = "STATUS IDENTITY METHOD PATH, such as '401 NOBODY GET /orders', and a JSON body behind it where there is one"
PROTECTIVE = (
    "x-content-type-options",
    "x-frame-options",
    "content-security-policy",
    "referrer-policy",
    "permissions-policy",
    "strict-transport-security",
)


@dataclass(frozen=True)
class Provoked:
    """A request that has to be refused: its status, who sends it, and what is sent."""

    status: int
    identity: str
    method: str
    path: str
    body: Any = None

    @classmethod
    def written(cls, text: str) -> Provoked:
        """A request as testers write it."""
        parts = text.split(maxsplit=4)
        status = parts[0] if parts else ""
        if len(parts) < 4 or not status.isdigit() or not parts[3].startswith("/"):  # noqa: PLR2004  # the parts of FORM
            raise UsageError(f"'{text}' is no request for an error: write {FORM}.")
        conformance.refuse_unknown_status(int(status))
        if int(status) < FIRST_ERROR:
            raise UsageError(f"{status} is no error: write a status from {FIRST_ERROR} on in '{text}'.")
        method, path = requests.parsed(" ".join(parts[2:4]))
        try:
            body = json.loads(parts[4]) if len(parts) > 4 else None  # noqa: PLR2004  # a body is the fifth part
        except ValueError as error:
            raise UsageError(f"The body in '{text}' is no JSON: {error}.") from None
        return cls(int(status), parts[1], method, path, body)

    def answer(self) -> Exchange:
        """The answer of the running keyword's system; OPTIONS is sent as the preflight of a page from another origin."""
        preflight = PREFLIGHT if self.method == "OPTIONS" else None
        identity = NOBODY if self.identity.upper() == NOBODY else self.identity
        return requests.sent(f"{self.method} {self.path}", identity=identity, body=self.body, headers=preflight)


def provoke(checks: Checks, written: Sequence[str]) -> list[Exchange]:
    """The answers to requests that have to be refused; each has to have its status."""
    provoked = [Provoked.written(text) for text in written]
    if len(provoked) < 2:  # noqa: PLR2004  # a comparison needs two
        raise UsageError("Name at least two requests that are refused, each in another way, so that they can be compared.")
    answers = []
    for request in provoked:
        answer = request.answer()
        expected = f"status {request.status} for {request.method} {request.path} by {request.identity}"
        checks.that("api.errors.status", answer.status == request.status, expected, f"status {answer.status}")
        answers.append(answer)
    return answers


def shape(answer: Exchange, details: str) -> str:
    """The shape of an answer: the names of its fields with their kinds, without its list of details, or its media type."""
    body = answer.body
    if not isinstance(body, dict):
        return answer.media or "no content"
    return ", ".join(f"{name} ({_kind(value)})" for name, value in sorted(body.items()) if name != details)


def _kind(value: Any) -> str:
    kinds = {str: "text", bool: "boolean", int: "number", float: "number", list: "list", dict: "object", type(None): "null"}
    return kinds.get(type(value), "value")


def shapes(answers: Sequence[Exchange]) -> dict[str, list[str]]:
    """The answers by their shapes."""
    conventions = context.system.entry.conventions
    errors = conventions.errors if conventions else None
    found: dict[str, list[str]] = {}
    for answer in answers:
        found.setdefault(shape(answer, errors.details if errors else ""), []).append(named(answer))
    return found


def named(answer: Exchange) -> str:
    """An answer by its status and request."""
    return f"{answer.status} {answer.method} {answer.path.partition('?')[0]}"


def unprotected(answer: Exchange, model: Exchange) -> list[str]:
    """The protective headers that a success carries and an error does not, or in a way that protects nobody."""
    carried = [name for name in PROTECTIVE if not protective.weakness(name, model.headers)]
    return [name for name in carried if protective.weakness(name, answer.headers)]
