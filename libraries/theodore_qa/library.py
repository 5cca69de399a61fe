"""What every Library is: PythonLibCore's core with the shared listener, and an answer to a misspelt argument."""

from __future__ import annotations

import difflib
import re
from typing import Any, TYPE_CHECKING

from robotlibcore import DynamicCore

from theodore_qa.builtin import builtin
from theodore_qa.errors import UsageError
from theodore_qa.listener import shared
from theodore_qa.observations import recorder

if TYPE_CHECKING:
    from collections.abc import Sequence


class Library(DynamicCore):  # type: ignore[misc]  # robotlibcore has no types
    """A keyword library made of component objects.

    While tests run, each keyword takes any named argument, so that a misspelt one is answered here with the nearest name;
    in documentation and in a dry-run the signatures are as they were written. Keywords with an operator or a path are looked
    at by their values instead, since Robot takes ``==`` and ``/a?b=c`` for named arguments where any is allowed.
    """

    ROBOT_LIBRARY_SCOPE = "GLOBAL"
    ROBOT_LIBRARY_DOC_FORMAT = "ROBOT"

    def __init__(self, components: Sequence[object]) -> None:
        """Collect the keywords of ``components``."""
        super().__init__(list(components))
        self.ROBOT_LIBRARY_LISTENER = shared

    def add_library_components(self, library_components: Sequence[object], *more: Any) -> None:
        """Collect keywords; this object itself has none of its own, so it is not looked through a second time."""
        super().add_library_components([one for one in library_components if one is not self], *more)

    def get_keyword_arguments(self, name: str) -> Any:
        """The signature of a keyword, open for misspelt names while tests run."""
        signature = super().get_keyword_arguments(name)
        robot = builtin()
        if name.startswith("__") or not robot.robot_running or robot.dry_run_active or _by_value(signature):
            return signature
        return signature if any(str(item).startswith("**") for item in signature) else [*signature, "**misspelt"]

    def run_keyword(self, name: str, args: Sequence[Any], kwargs: dict[str, Any] | None = None) -> Any:
        """Run a keyword, unless it was given an argument that it does not have."""
        with recorder.calling(name, [*args, *(f"{key}={value}" for key, value in (kwargs or {}).items())]):
            self._refuse_misspelt(name, args, kwargs or {})
            return super().run_keyword(name, list(args), kwargs or {})

    def _refuse_misspelt(self, name: str, args: Sequence[Any], kwargs: dict[str, Any]) -> None:
        signature = super().get_keyword_arguments(name)
        known = _names(signature)
        free = any(str(item).startswith("**") for item in signature)
        for given in kwargs:
            if given not in known and not free:
                raise _misspelt(name, given, known)
        for value in args if _by_value(signature) else ():
            match = re.match(r"(\w+)=(?!=)", value) if isinstance(value, str) else None
            if match and difflib.get_close_matches(match[1], known, n=1):
                raise _misspelt(name, match[1], known)


def _by_value(signature: Any) -> bool:
    """Whether a keyword takes values in which an equal sign is usual: operators, and paths with a query."""
    return not {"op", "path"}.isdisjoint(_names(signature))


def _names(signature: Any) -> list[str]:
    names = (str(item[0] if isinstance(item, tuple) else item).lstrip("*") for item in signature)
    return [name for name in names if name]


def _misspelt(keyword: str, given: str, known: list[str]) -> UsageError:
    near = difflib.get_close_matches(given, known, n=1, cutoff=0.4)
    title = keyword.replace("_", " ").title()
    hint = f"did you mean '{near[0]}'?" if near else f"it has: {', '.join(known)}."
    return UsageError(
        f"The keyword '{title}' has no argument '{given}': {hint} (For a value that holds an equal sign write '{given}\\='.)"
    )
