"""What every Library is: PythonLibCore's core with the shared listener, and an answer to a misspelt argument."""

from __future__ import annotations

import difflib
import itertools
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

    While tests run, each keyword takes surplus values, so that a misspelt named argument, which Robot takes for a value, is
    answered here with the nearest name; in documentation and in a dry-run the signatures are as they were written. A keyword
    that took any name instead would take ``GET /a?b=c`` for a named argument.

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
        """The signature of a keyword with ``system``, open for surplus values while tests run."""
        signature = self._signature(name)
        robot = builtin()
        if name.startswith("__") or not robot.robot_running or robot.dry_run_active:
            return signature
        return signature if _takes_surplus(signature) else _with_surplus(signature)

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
            self._refuse_misspelt(name, args)
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

    def _refuse_misspelt(self, name: str, args: Sequence[Any]) -> None:
        """Raise for a value that stands where a named argument was meant, and for one too many."""
        signature = self._signature(name)
        known = _names(signature)
        texts = [value for value in args if isinstance(value, str)]
        for given in (match[1] for value in texts if (match := re.match(r"(\w+)=(?!=)", value))):
            if given in RENAMED or difflib.get_close_matches(given, known, n=1):
                raise _misspelt(name, given, known)
        if not _takes_surplus(signature):
            for value in args[len(_positional(signature)) :]:
                match = re.match(r"(\w+)=(?!=)", str(value))
                if match:
                    raise _misspelt(name, match[1], known)
                most = len(_positional(signature))
                raise UsageError(
                    f"The keyword '{_title(name)}' takes at most {most} value{'' if most == 1 else 's'} "
                    f"({', '.join(_names(_positional(signature))) or 'none'}), and '{str(value)[:80]}' is one more: "
                    f"check the row, or name the argument, as in {known[-1] if known else 'name'}=..."
                )


def _with_system(text: str) -> str:
    """A keyword's documentation with ``system`` as the last of its arguments."""
    lines = text.splitlines()
    section = next((number for number, line in enumerate(lines) if line == "Args:"), None)
    if section is None:
        after = ("Returns:", "Raises:", "Example:")
        place = next((number for number, line in enumerate(lines) if line.startswith(after)), len(lines))
        lines[place:place] = ["Args:", _SYSTEM_ROW, ""]
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


def _takes_surplus(signature: Sequence[Any]) -> bool:
    """Whether a keyword takes any number of values, or any named argument, by its own signature."""
    return any(str(item).startswith("*") and str(item) != "*" for item in signature)


def _positional(signature: Sequence[Any]) -> list[Any]:
    """The arguments that need no name."""
    return list(itertools.takewhile(lambda item: not str(item).startswith("*"), signature))


def _with_surplus(signature: list[Any]) -> list[Any]:
    own = _positional(signature)
    return [*own, "*surplus", *(item for item in signature[len(own) :] if str(item) != "*")]


def _names(signature: Any) -> list[str]:
    names = (str(item[0] if isinstance(item, tuple) else item).lstrip("*") for item in signature)
    return [name for name in names if name]


def _title(keyword: str) -> str:
    return keyword.replace("_", " ").title()


def _misspelt(keyword: str, given: str, known: list[str]) -> UsageError:
    near = difflib.get_close_matches(given, known, n=1, cutoff=0.4)
    title = _title(keyword)
    if given in RENAMED and RENAMED[given] in known:
        return UsageError(f"The keyword '{title}' has no argument '{given}': write '{RENAMED[given]}' instead.")
    hint = f"did you mean '{near[0]}'?" if near else f"it has: {', '.join(known)}."
    return UsageError(
        f"The keyword '{title}' has no argument '{given}': {hint} (For a value that holds an equal sign write '{given}\\='.)"
    )
