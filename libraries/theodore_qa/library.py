"""What every Library is: PythonLibCore's core with the shared listener, and an answer to a misspelt argument."""

from __future__ import annotations

import difflib
import re
from typing import Any, TYPE_CHECKING

from robotlibcore import DynamicCore

from theodore_qa.builtin import builtin
from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError, UsageError
from theodore_qa.listener import shared
from theodore_qa.observing.observations import recorder

if TYPE_CHECKING:
    from collections.abc import Sequence


NOT_EVALUATED = "NOT EVALUATED"
RENAMED = {"api": "system"}  # arguments that suites of earlier versions have


class Library(DynamicCore):  # type: ignore[misc]  # robotlibcore has no types
    """A keyword library made of component objects.

    While tests run, each keyword takes any named argument, so that a misspelt one is answered here with the nearest name;
    in documentation and in a dry-run the signatures are as they were written. Keywords with an operator or a path are looked
    at by their values instead, since Robot takes ``==`` and ``/a?b=c`` for named arguments where any is allowed.

    Keywords of a Library that talks to systems take ``system=NAME`` besides their own arguments.
    """

    SYSTEM: str | None = None  # the system that the Library is made for, "" for any; None where it talks to none
    ROBOT_LIBRARY_SCOPE = "GLOBAL"
    ROBOT_LIBRARY_DOC_FORMAT = "MARKDOWN"

    def __init__(self, components: Sequence[object]) -> None:
        """Collect the keywords of ``components``."""
        super().__init__(list(components))
        self.ROBOT_LIBRARY_LISTENER = shared

    def add_library_components(self, library_components: Sequence[object], *more: Any) -> None:
        """Collect keywords; this object itself has none of its own, so it is not looked through a second time."""
        super().add_library_components([one for one in library_components if one is not self], *more)

    def get_keyword_arguments(self, name: str) -> Any:
        """The signature of a keyword with ``system``, open for misspelt names while tests run."""
        signature = self._signature(name)
        robot = builtin()
        if name.startswith("__") or not robot.robot_running or robot.dry_run_active or _by_value(signature):
            return signature
        return signature if any(str(item).startswith("**") for item in signature) else [*signature, "**misspelt"]

    def run_keyword(self, name: str, args: Sequence[Any], kwargs: dict[str, Any] | None = None) -> Any:
        """Run a keyword on its system, unless it was given an argument that it does not have."""
        try:
            return self._run(name, args, dict(kwargs or {}))
        except NotEvaluatedError as error:
            if str(error).startswith(NOT_EVALUATED):
                raise
            raise NotEvaluatedError(f"{NOT_EVALUATED}: {error}") from None

    def _run(self, name: str, args: Sequence[Any], given: dict[str, Any]) -> Any:
        with recorder.calling(name, [*args, *(f"{key}={value}" for key, value in given.items())]):
            self._refuse_misspelt(name, args, given)
            system = given.pop("system", None) if self.SYSTEM is not None else None
            with context.calling(system or _system_of([*args, *given.values()]), self.SYSTEM or ""):
                return super().run_keyword(name, list(args), given)

    def get_keyword_types(self, name: str) -> Any:
        """The types of a keyword's arguments, ``system`` among them."""
        types = super().get_keyword_types(name)
        return {**types, "system": str} if types is not None and self._takes_system(name) else types

    def get_keyword_documentation(self, name: str) -> str:
        """The documentation of a keyword, or of the Library, which explains ``system`` once."""
        text = str(super().get_keyword_documentation(name))
        if self.SYSTEM is None or name == "__init__":
            return text
        return f"{text}\n\n{_ABOUT_SYSTEM}" if name == "__intro__" else _with_system(text)

    def _takes_system(self, name: str) -> bool:
        return self.SYSTEM is not None and not name.startswith("__")

    def _signature(self, name: str) -> list[Any]:
        """A keyword's own arguments, with ``system`` where it talks to one."""
        own = list(super().get_keyword_arguments(name))
        if not self._takes_system(name):
            return own
        named_only = any(str(item).startswith("*") for item in own)
        place = next((index for index, item in enumerate(own) if str(item).startswith("**")), len(own))
        return [*own[:place], *([] if named_only else ["*"]), ("system", None), *own[place:]]

    def _refuse_misspelt(self, name: str, args: Sequence[Any], kwargs: dict[str, Any]) -> None:
        signature = self._signature(name)
        known = _names(signature)
        free = any(str(item).startswith("**") for item in signature)
        for given in kwargs:
            if given not in known and not free:
                raise _misspelt(name, given, known)
        for value in args if _by_value(signature) else ():
            match = re.match(r"(\w+)=(?!=)", value) if isinstance(value, str) else None
            if match and difflib.get_close_matches(match[1], known, n=1):
                raise _misspelt(name, match[1], known)


def _with_system(text: str) -> str:
    """A keyword's documentation with ``system`` as the last of its arguments."""
    lines = text.splitlines()
    section = next((number for number, line in enumerate(lines) if line == "Args:"), None)
    if section is None:
        later = ("Returns:", "Raises:", "Example:")
        before = next((number for number, line in enumerate(lines) if line.startswith(later)), len(lines))
        lines[before:before] = ["Args:", _SYSTEM_ROW, ""]
    else:
        end = next((number for number in range(section, len(lines)) if not lines[number]), len(lines))
        lines.insert(end, _SYSTEM_ROW)
    return "\n".join(lines)


def _system_of(arguments: Sequence[Any]) -> str | None:
    """The system that an argument belongs to, such as a job that was started there."""
    from theodore_qa.systems.system import System

    systems = (getattr(argument, "system", None) for argument in arguments)
    return next((system.name for system in systems if isinstance(system, System)), None)


_SYSTEM_ROW = "    system: A system of the environment file; see `Systems`."
_ABOUT_SYSTEM = """## Systems

Every keyword takes ``system``, the name of a system of the environment file. Without it the keyword talks to the system that the
Library is made for, to the one that the suite names by a tag such as ``system:shop``, or to the only one."""


def _by_value(signature: Any) -> bool:
    """Whether a keyword takes values in which an equal sign is usual: operators, and paths with a query."""
    return not {"op", "path"}.isdisjoint(_names(signature))


def _names(signature: Any) -> list[str]:
    names = (str(item[0] if isinstance(item, tuple) else item).lstrip("*") for item in signature)
    return [name for name in names if name]


def _misspelt(keyword: str, given: str, known: list[str]) -> UsageError:
    near = difflib.get_close_matches(given, known, n=1, cutoff=0.4)
    title = keyword.replace("_", " ").title()
    if given in RENAMED and RENAMED[given] in known:
        return UsageError(f"The keyword '{title}' has no argument '{given}': write '{RENAMED[given]}' instead.")
    hint = f"did you mean '{near[0]}'?" if near else f"it has: {', '.join(known)}."
    return UsageError(
        f"The keyword '{title}' has no argument '{given}': {hint} (For a value that holds an equal sign write '{given}\\='.)"
    )
