"""What an answer has to be: its status, texts and fields in its body, a JSON schema; and the values taken from it."""

from __future__ import annotations

import functools
import json
from typing import Any, TYPE_CHECKING

from theodore_load import schemas, templates
from theodore_qa.systems import pointers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from theodore_load.protocol import Answer

SHORT = 80
STATUS, CHECK = "status", "check"
NOTHING: dict[str, Any] = {}  # is taken from most answers
Problem = tuple[str, str]  # its kind, and a phrase


class BadAnswerError(Exception):
    """An answer that is not what was expected."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


class Expectation:
    """What one step expects; compiled once, asked for each answer."""

    def __init__(self, declared: Mapping[str, Any], take: Mapping[str, str], until: Mapping[str, Any]) -> None:
        statuses = declared.get("status", 200)
        self.statuses = frozenset(map(int, statuses if isinstance(statuses, list) else [statuses]))
        texts = declared.get("text", [])
        self._texts = [templates.plain(str(text)) for text in (texts if isinstance(texts, list) else [texts])]
        self._fields = _fields(declared.get("fields") or {})
        self._until = _fields(until)
        self.takes = dict(take)
        self._schema = declared.get("schema")
        self._valid: Callable[[Any], str] | None = None
        self.checked = bool(self._texts or self._fields or self._schema)
        self.reads_body = self.checked or bool(self.takes or self._until)
        self._reads_json = bool(self._fields or self._schema or self.takes or self._until)

    @property
    def names(self) -> set[str]:
        """The names of values that what is expected depends on."""
        from_fields = (name for _, values in (*self._fields, *self._until) for value in values for name in _names(value))
        return {name for text in self._texts for name in text.names}.union(from_fields)

    def judge(self, answer: Answer, values: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
        """What was taken from an answer, and whether nothing has to be waited for any more.

        Raises:
            BadAnswerError: It is not what was expected.
        """
        if answer.status not in self.statuses:
            expected = " or ".join(map(str, sorted(self.statuses)))
            raise BadAnswerError(STATUS, f"expected {expected}, observed {answer.status} {_start(answer.body)}".rstrip())
        if not self.reads_body:
            return NOTHING, True
        if answer.cut:
            raise BadAnswerError(CHECK, f"the body has more than the {len(answer.body)} bytes that are looked at")
        if self._texts:
            self._look_for_texts(answer.body, values)
        if not self._reads_json:
            return NOTHING, True
        tree = tree_of(answer)
        for pointer, right in self._fields:
            observed = tree.get(pointer) if type(tree) is dict and pointer in tree else pointers.found(tree, pointer)
            if not right or type(observed) is not type(right[0]) or observed != right[0]:  # few answers
                _compare(pointer, observed, right, values)
        if self._schema and (problem := self._against_schema(tree)):
            raise BadAnswerError(CHECK, problem)
        return self._taken(tree) if self.takes else NOTHING, not self._until or self._done(tree, values)

    def _look_for_texts(self, body: bytes | bytearray, values: Mapping[str, Any]) -> None:
        for text in self._texts:
            expected = text.render(values)
            if expected.encode() not in body:
                raise BadAnswerError(CHECK, f"expected the text '{expected}', observed {_start(body) or 'an empty body'}")

    def _done(self, tree: Any, values: Mapping[str, Any]) -> bool:
        return all(
            any(_same(pointers.found(tree, pointer), _rendered(value, values)) for value in expected)
            for pointer, expected in self._until
        )

    def _taken(self, tree: Any) -> dict[str, Any]:
        taken = {name: pointers.found(tree, pointer) for name, pointer in self.takes.items()}
        for name, value in taken.items():
            if value is None:
                raise BadAnswerError(CHECK, f"expected a value in {self.takes[name]}, observed none")
        return taken

    def _against_schema(self, tree: Any) -> str:
        if self._valid is None and self._schema is not None:
            self._valid = schemas.compiled(self._schema)
        return self._valid(tree) if self._valid else ""


def tree_of(answer: Answer) -> Any:
    """The JSON in an answer, in its last message where it has several.

    Raises:
        BadAnswerError: It is none.
    """
    text = answer.body if answer.messages is None else answer.messages[-1]
    read, unread = _reader()
    try:
        return read(text)
    except unread:  # or JSON as Python has it, with NaN
        try:
            return json.loads(text.decode())
        except (ValueError, RecursionError):
            raise BadAnswerError(CHECK, f"expected JSON, observed {_start(text) or 'an empty body'}") from None


@functools.cache
def _reader() -> tuple[Callable[[bytes | bytearray], Any], tuple[type[Exception], ...]]:
    """What reads JSON in a tenth of the time that json takes, and what it raises."""
    import msgspec

    return msgspec.json.Decoder().decode, (msgspec.DecodeError, ValueError, RecursionError)


def _fields(declared: Mapping[str, Any]) -> list[tuple[str, list[Any]]]:
    """Pointers with the values that are right there; a list names several."""
    return [
        (str(pointer), [_compiled(value) for value in (values if isinstance(values, list) else [values])])
        for pointer, values in declared.items()
    ]


def _compiled(value: Any) -> Any:
    return templates.plain(value) if isinstance(value, str) and templates.PLACE.search(value) else value


def _names(value: Any) -> set[str]:
    return value.names if isinstance(value, templates.Template) else set()


def _rendered(value: Any, values: Mapping[str, Any]) -> Any:
    return value.render(values) if isinstance(value, templates.Template) else value


def _same(observed: Any, expected: Any) -> bool:
    """Whether a value is the expected one; ``*`` is any that is there, and a text of a table may stand for a number."""
    if expected == "*":
        return observed is not None
    if isinstance(expected, str) and isinstance(observed, bool | int | float):
        return json.dumps(observed) == expected
    return type(observed) is type(expected) and bool(observed == expected)


def _compare(pointer: str, observed: Any, expected: list[Any], values: Mapping[str, Any]) -> None:
    right = [_rendered(value, values) for value in expected]
    if not any(_same(observed, value) for value in right):
        text = " or ".join("any value" if value == "*" else str(value) for value in right)
        raise BadAnswerError(CHECK, f"expected {pointer} {text}, observed {str(observed)[:SHORT]}")


def _start(body: bytes | bytearray) -> str:
    return bytes(body[:SHORT]).decode("utf-8", "replace")
