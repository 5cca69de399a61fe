"""What of a document is not understood, and where it stands."""

from __future__ import annotations

from typing import NamedTuple

from theodore_qa.errors import NotEvaluatedError

TYPES = frozenset({"null", "boolean", "object", "array", "number", "integer", "string"})


class NotUnderstood(NotEvaluatedError):  # noqa: N818  # callers ask for it by what it says
    """Something that a document says and that cannot be followed: a reference to nowhere, a pattern that is none."""


class Problem(NamedTuple):
    """Something that is not understood: ``place`` is an operation's label or a JSON pointer, ``reason`` a clause."""

    place: str
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"
