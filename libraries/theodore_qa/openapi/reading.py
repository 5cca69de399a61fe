"""The text of a document as plain values, from JSON or YAML, whichever it is."""

from __future__ import annotations

import gc
import json
import re
from contextlib import contextmanager
from typing import Any, Final, TYPE_CHECKING

import msgspec

from theodore_qa.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


UNSURE: Final = object()


class _DuplicateError(ValueError):
    """A name that stands twice in one object."""


def text_of(path: Path) -> str:
    """The text of a file in UTF-8, or in UTF-16 or UTF-32 if its first bytes say so."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise UsageError(f"The document {path.name} is not there: it is looked for at {path}.") from None
    except OSError as error:
        raise UsageError(f"The document {path} cannot be read: {error.strerror}.") from None
    try:
        return raw.decode(json.detect_encoding(raw))
    except UnicodeDecodeError as error:
        raise UsageError(f"The document {path} is not text in UTF-8: see its byte {error.start}.") from None


def parsed(text: str, source: str) -> Any:
    """The value that a text in JSON or YAML holds; an empty or broken text is a UsageError with line and column.

    A name that stands twice in one object is an error too, since the later one would win without a word.
    """
    begin = re.search(r"[^\s\ufeff]\s*(\S?)", text)
    if not begin:
        raise UsageError(f"The document {source} is empty.")
    is_json = begin[0][0] == "[" or (begin[0][0] == "{" and begin[1] in '"}')  # {a: b} is YAML
    try:
        with _collector_paused():
            return _from_json(text, source) if is_json else _from_yaml(text, source)
    except RecursionError:
        raise UsageError(f"The document {source} nests objects too deep to be read.") from None


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Without the garbage collector, which would walk a growing document again and again: YAML then takes a third of the time."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running and not gc.get_freeze_count():
            gc.freeze()  # what was made is old now, without a walk through it
            gc.unfreeze()
        if running:
            gc.enable()


def _from_json(text: str, source: str) -> Any:
    text = text.removeprefix("\ufeff")
    value = _surely_without_duplicates(text)
    if value is not UNSURE:
        return value
    try:
        return json.loads(text, object_pairs_hook=_once_each)
    except json.JSONDecodeError as error:
        where = f"at line {error.lineno}, column {error.colno}"
        raise UsageError(f"The document {source} is not valid JSON {where}: {error.msg}.") from None
    except _DuplicateError as error:
        twice = str(error)
    except ValueError as error:
        raise UsageError(f"The document {source} is not valid JSON: {error}.") from None
    try:
        _from_yaml(text, source)  # which knows the line
    except UsageError as error:
        found = re.search(r" at line \d+, column \d+(?=: the name )", str(error))
        raise UsageError(f"The document {source} is not valid JSON{found[0] if found else ''}: {twice}.") from None
    raise UsageError(f"The document {source} is not valid JSON: {twice}.")


def _surely_without_duplicates(text: str) -> Any:
    """The value of a JSON text in which no name stands twice, or UNSURE: then each object has to be looked at.

    Written anew, the value has each name once. Every quotation mark in it stands in the text too, so a name that was dropped
    leaves two fewer; only an escaped mark that is written as a number could stand in for them, so then it is not sure.
    """
    try:
        value = msgspec.json.decode(text)
        written = msgspec.json.encode(value)
    except (ValueError, RecursionError):  # for which json.loads has the better sentence, or the value
        return UNSURE
    return value if text.count('"') == written.count(b'"') and not _holds_escaped_mark(text) else UNSURE


def _holds_escaped_mark(text: str) -> bool:
    """Whether a quotation mark is written as a number; going from escape to escape is quicker where they are few."""
    at = text.find("\\")
    for _ in range(len(text) // 2000):
        if at < 0 or text.startswith("\\u0022", at):
            return at >= 0
        at = text.find("\\", at + 1)
    return at >= 0 and text.find("\\u0022", at) >= 0


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _DuplicateError(f"the name '{twice}' stands twice")
    return found


def _from_yaml(text: str, source: str) -> Any:
    import yaml

    from theodore_qa.openapi import yaml12

    try:
        return yaml12.load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise UsageError(f"The document {source} is not valid YAML{where}: {error.problem or error.context}.") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise UsageError(f"The document {source} is not valid YAML at line {line}: {error.reason}.") from None
    except ValueError as error:
        raise UsageError(f"The document {source} is not valid YAML: {error}.") from None
