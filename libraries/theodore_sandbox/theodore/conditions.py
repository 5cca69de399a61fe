"""Conditions on companies, written as in SQL: fields compared with values, joined by AND, OR, NOT and parentheses.

Nothing of a condition reaches a database: it is read into functions. As in SQL, what is compared with a value that is not known
is neither true nor false.
"""

from __future__ import annotations

import functools
import operator
import re
from typing import Any, TYPE_CHECKING

from theodore_sandbox import defects
from theodore_sandbox.theodore.models import CompanyIntelligence

if TYPE_CHECKING:
    from collections.abc import Callable

Record = dict[str, Any]
LONGEST, DEEPEST = 2000, 50
NUMBERS = ("founded_year", "employee_count", "confidence_score")
TEXTS = tuple(
    name
    for name, field in CompanyIntelligence.model_fields.items()
    if field.annotation in (str, str | None) and name != "last_updated"
)
_PARTS = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?)|(?P<word>[A-Za-z_]+)|(?P<sign><>|!=|<=|>=|[=<>(),]))", re.ASCII
)
_COMPARED = {
    "=": operator.eq, "!=": operator.ne, "<>": operator.ne,
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


@functools.lru_cache(64)
def read(text: str) -> Callable[[Record], bool | None]:
    """The condition that a text states; what is none raises a ValueError that says where."""
    return _Reader(text).whole()


class _Reader:
    """The parts of a condition, one after the other."""

    def __init__(self, text: str) -> None:
        if len(text) > LONGEST:
            raise ValueError(f"The condition is longer than {LONGEST} characters")
        self.parts: list[tuple[str, str]] = []
        self.next = 0
        self.depth = 0
        at, text = 0, text.rstrip()
        while at < len(text):
            found = _PARTS.match(text, at)
            if found is None:
                raise ValueError(f"The condition cannot be read from its character {at + 1} on")
            kind = str(found.lastgroup)
            self.parts.append((kind, found[kind]))
            at = found.end()

    def whole(self) -> Callable[[Record], bool | None]:
        condition = self._either()
        if self.next < len(self.parts):
            raise ValueError(f"The condition goes on with {self.parts[self.next][1]!r} after its end")
        return condition

    def _word(self, *words: str) -> str:
        """The next part if it is one of these words or signs, and then it is taken; nothing else."""
        kind, text = self.parts[self.next] if self.next < len(self.parts) else ("", "")
        if kind in ("word", "sign") and text.upper() in words:
            self.next += 1
            return text.upper()
        return ""

    def _taken(self, kinds: tuple[str, ...], expected: str) -> tuple[str, str]:
        found = self.parts[self.next] if self.next < len(self.parts) else ("end", "its end")
        if found[0] not in kinds:
            raise ValueError(f"The condition has {found[1]!r} where {expected} is expected")
        self.next += 1
        return found

    def _either(self) -> Callable[[Record], bool | None]:
        self.depth += 1
        if self.depth > DEEPEST:
            raise ValueError(f"The condition is nested deeper than {DEEPEST}")
        parts = [self._all()]
        while self._word("OR"):
            parts.append(self._all())
        self.depth -= 1
        return lambda record: _joined([part(record) for part in parts], decides=True)

    def _all(self) -> Callable[[Record], bool | None]:
        parts = [self._single()]
        while self._word("AND"):
            parts.append(self._single())
        return lambda record: _joined([part(record) for part in parts], decides=False)

    def _single(self) -> Callable[[Record], bool | None]:
        turned = False
        while self._word("NOT"):
            turned = not turned
        if self._word("("):
            condition = self._either()
            if not self._word(")"):
                raise ValueError("The condition lacks a closing parenthesis")
        else:
            condition = self._comparison()
        return (lambda record: _turned(condition(record))) if turned else condition

    def _comparison(self) -> Callable[[Record], bool | None]:
        name = self._taken(("word",), "a field")[1].lower()
        if name not in (*NUMBERS, *TEXTS):
            raise ValueError(f"There is no field {name!r} that holds one text or number")
        if self._word("IS"):
            turned = bool(self._word("NOT"))
            if not self._word("NULL"):
                raise ValueError("After IS comes NULL, or NOT NULL")
            return lambda record: (record.get(name) is None) is not turned
        turned = bool(self._word("NOT"))
        if self._word("IN"):
            values = self._values(name)
            return _known(name, lambda value: (value in values) is not turned)
        if self._word("LIKE"):
            pattern = _pattern(self._value(name))
            return _known(name, lambda value: bool(pattern.fullmatch(str(value))) is not turned)
        compared = None if turned else _COMPARED.get(self._word(*_COMPARED))
        if compared is None:
            raise ValueError(f"After the field {name} a comparison is expected: =, !=, <, <=, >, >=, LIKE, IN or IS NULL")
        given = self._value(name)
        return _known(name, lambda value: bool(compared(value, given)))

    def _values(self, name: str) -> list[Any]:
        if not self._word("("):
            raise ValueError("After IN values stand in parentheses")
        values = [self._value(name)]
        while self._word(","):
            values.append(self._value(name))
        if not self._word(")"):
            raise ValueError("The values after IN lack a closing parenthesis")
        return values

    def _value(self, name: str) -> Any:
        kind, text = self._taken(("text", "number"), "a number" if name in NUMBERS else "a text in single quotes")
        if (kind == "number") is not (name in NUMBERS):
            raise ValueError(f"The field {name} is no {kind}")
        return float(text) if kind == "number" else text[1:-1].replace("''", "'")


def _known(name: str, holds: Callable[[Any], bool]) -> Callable[[Record], bool | None]:
    def condition(record: Record) -> bool | None:
        value = record.get(name)
        return None if value is None else holds(value)

    return condition


def _joined(values: list[bool | None], *, decides: bool) -> bool | None:
    """True decides an OR and False an AND; else it is what all are, or not known."""
    if decides in values:
        return decides
    return None if None in values else not decides


def _turned(value: bool | None) -> bool | None:  # a value of the logic
    if value is None:
        return True if defects.on("export-unknown-is-not") else None
    return not value


def _pattern(text: str) -> re.Pattern[str]:
    """What LIKE stands for: % for any characters, _ for one, letters of ASCII whatever their case."""
    escaped = "".join({"%": ".*", "_": "."}.get(character, re.escape(character)) for character in str(text))
    return re.compile(escaped, re.IGNORECASE | re.ASCII | re.DOTALL)
