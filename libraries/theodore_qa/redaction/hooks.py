"""What the listener does about redaction at each of Robot's events; if it fails, the text is withheld and the failure kept."""

from __future__ import annotations

import contextlib
import sys
import warnings
from pathlib import Path
from typing import Any, TYPE_CHECKING

from theodore_qa.redaction import markup
from theodore_qa.redaction.secrets import secrets, WITHHELD

if TYPE_CHECKING:
    from collections.abc import Callable

TEXTS = ("message", "doc", "name", "condition", "value", "limit", "on_limit", "on_limit_message", "start", "mode", "fill")
LISTS = ("args", "values", "patterns", "assign", "tags")


class Hooks:
    """Redacts messages and results in memory as they come, and files when Robot has written them."""

    def __init__(self) -> None:
        self.failed: list[str] = []
        self.on_failure: Callable[[str], None] | None = None
        self._console_guarded = False

    def start_suite(self, data: Any, result: Any) -> None:  # noqa: ARG002  # Robot's signature
        """Guard the console and clean the suite's documentation and metadata."""
        self._guard_console()
        self._clean(result)

    def end_suite(self, data: Any, result: Any) -> None:  # noqa: ARG002  # Robot's signature
        """Clean the suite's result."""
        self._clean(result)

    def start_test(self, data: Any, result: Any) -> None:  # noqa: ARG002  # Robot's signature
        """Clean the test's documentation and tags."""
        self._clean(result)

    end_test = start_test

    def start_body_item(self, data: Any, result: Any) -> None:  # noqa: ARG002  # Robot's signature
        """Clean arguments, loop values and conditions of a keyword or control structure."""
        self._clean(result)

    end_body_item = start_body_item

    def log_message(self, message: Any) -> None:
        """Clean a log message, and disarm markup that is not ours."""
        try:
            text = message.message
            if getattr(message, "html", False) and not markup.is_own(text):
                message.html = False
            message.message = secrets.redact(text)
        except Exception as error:  # noqa: BLE001  # whatever it was, the text must not pass
            message.message = WITHHELD
            self._fail(f"a log message: {type(error).__name__}")

    message = log_message

    def output_file(self, path: Path) -> None:
        """Rewrite the result file before log and report are made of it."""
        self._file(path, "rewrite_json" if str(path).endswith(".json") else "rewrite_xml")

    def xunit_file(self, path: Path) -> None:
        """Rewrite the xunit file."""
        self._file(path, "rewrite_xml")

    def debug_file(self, path: Path) -> None:
        """Rewrite the debug file."""
        self._file(path, "rewrite_text")

    def _file(self, path: Any, how: str) -> None:
        from theodore_qa.redaction import files

        target = Path(path)
        if not target.is_file():
            return
        try:
            getattr(files, how)(target)
        except Exception as error:  # noqa: BLE001  # whatever it was, the run is told and the text must not stay
            self._fail(f"the file {target.name}: {getattr(error, 'strerror', None) or type(error).__name__}")
            try:
                files.rewrite_text(target)
            except Exception:  # noqa: BLE001  # the last resort
                files.withhold(target)

    def _clean(self, result: Any) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Robot warns of fields that a structure does not have
            self._clean_fields(result)

    def _clean_fields(self, result: Any) -> None:
        try:
            for name in TEXTS:
                text = getattr(result, name, None)
                if isinstance(text, str) and text:
                    _set(result, name, markup.disarmed(secrets.redact(text)) if name == "message" else secrets.redact(text))
            for name in LISTS:
                values = getattr(result, name, None)
                if values:
                    _set_list(result, name, values)
            metadata = getattr(result, "metadata", None) or {}
            for key, value in list(metadata.items()):
                metadata[key] = secrets.redact(value)
        except Exception as error:  # noqa: BLE001  # whatever it was, the text must not pass
            _withhold(result)
            self._fail(f"the result of {type(result).__name__}: {type(error).__name__}")

    def _fail(self, what: str) -> None:
        self.failed.append(what)
        if self.on_failure:
            self.on_failure(what)

    def _guard_console(self) -> None:
        if self._console_guarded:
            return
        self._console_guarded = True
        for stream in (sys.__stdout__, sys.__stderr__):
            if stream is not None:
                _guard(stream)


def _set(result: Any, name: str, text: str) -> None:
    if getattr(result, name) != text:
        with contextlib.suppress(AttributeError):  # made of other fields, such as a loop's name of its variables
            setattr(result, name, text)


def _set_list(result: Any, name: str, values: Any) -> None:
    clean = [secrets.redact(value) if isinstance(value, str) else _redacted_repr(value) for value in values]
    if list(values) != clean:
        setattr(result, name, clean if name == "tags" else tuple(clean))


def _redacted_repr(value: Any) -> Any:
    text = str(value)
    clean = secrets.redact(text)
    return clean if clean != text else value


def _withhold(result: Any) -> None:
    for name in ("message", "doc"):
        try:
            setattr(result, name, WITHHELD)
        except AttributeError:
            continue


def _guard(stream: Any) -> None:
    original = stream.write

    def write(text: str) -> int:
        with contextlib.suppress(BrokenPipeError):  # whoever read the console is gone, as a cancelled pabot is
            return int(original(secrets.redact(text)))
        return len(text)

    stream.write = write


hooks = Hooks()
