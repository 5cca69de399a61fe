"""What every Library is: PythonLibCore's core with the shared listener, and an answer to a misspelt argument."""

from __future__ import annotations

import contextlib
import difflib
import inspect
import itertools
import re
from typing import Any, TYPE_CHECKING

from robot.api import SkipExecution
from robotlibcore import DynamicCore

from theodore_qa.builtin import builtin
from theodore_qa.context import context
from theodore_qa.errors import LackingError, NotEvaluatedError, UsageError
from theodore_qa.listener import shared
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.observations import recorder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


NOT_EVALUATED = "NOT EVALUATED"
STARS: dict[Any, str] = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
NAMED = re.compile(r"(\w+)=(?!=)")  # a named argument as it stands in a suite
PRECONDITION = "precondition"  # the tag of keywords that may fail a test and never pass it
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
        self._signatures: dict[str, _Signature] = {}
        super().__init__(list(components))
        self.ROBOT_LIBRARY_LISTENER = shared
        self.plain_names = {name.casefold().replace("_", "") for name in self.get_keyword_names()}

    def add_library_components(self, library_components: Sequence[object], *_: Any) -> None:
        """Collect keywords by their names; their arguments, types and documentation are read when Robot asks for them.

        The core reads each signature twice, and all of them when the Library is made, which took half of its import. This object
        itself has no keywords of its own, so it is not looked through.
        """
        for component in library_components:
            for attribute in dir(type(component)) if component is not self else ():
                function = getattr(type(component), attribute)
                if hasattr(function, "robot_name"):
                    name = function.robot_name or attribute
                    self.keywords[name] = self.attributes[name] = self.attributes[attribute] = getattr(component, attribute)

    def get_keyword_arguments(self, name: str) -> Any:
        """The signature of a keyword with ``system``, open for surplus values while tests run."""
        signature = self._signatures.get(name) or self._signature(name)
        robot = builtin()
        written = name.startswith("__") or not robot.robot_running or robot.dry_run_active
        return signature.arguments if written else signature.open

    def run_keyword(self, name: str, args: Sequence[Any], kwargs: dict[str, Any] | None = None) -> Any:
        """Run a keyword on its system, unless it was given an argument that it does not have."""
        named = dict(kwargs or {})
        try:
            # Tries of a poll are known as one call by these: named values count like others, in the form of a suite.
            given = [*args, *(value for value in named.values() if not isinstance(value, str))]
            given += [f"{key}={value}" for key, value in named.items() if isinstance(value, str)]
            with recorder.calling(name, given, precondition=PRECONDITION in self.get_keyword_tags(name)):
                self._refuse_misspelt(name, args)
                system = named.pop("system", None) if self.SYSTEM is not None else None
                with context.calling(system or _system_of([*args, *named.values()]), self.SYSTEM or ""), _waivable():
                    return super().run_keyword(name, list(args), named)
        except NotEvaluatedError as error:
            if str(error).startswith(NOT_EVALUATED):
                raise
            raise NotEvaluatedError(f"{NOT_EVALUATED}: {error}") from None

    def get_keyword_types(self, name: str) -> Any:
        """The types of a keyword's arguments, ``system`` among them."""
        types = _types(self._method(name))
        return {**types, "system": str} if types is not None and self._takes_system(name) else types

    def get_keyword_documentation(self, name: str) -> str:
        """The documentation of a keyword, or of the Library, which explains ``system`` once."""
        text = inspect.getdoc(self if name == "__intro__" else self._method(name)) or ""
        if self.SYSTEM is None or name == "__init__":
            return text
        return f"{text}\n\n{_ABOUT_SYSTEM}" if name == "__intro__" else _with_system(text)

    def _method(self, name: str) -> Callable[..., Any]:
        return getattr(self, name) if name == "__init__" else self.keywords[name]  # type: ignore[no-any-return]

    def _takes_system(self, name: str) -> bool:
        return self.SYSTEM is not None and not name.startswith("__")

    def _signature(self, name: str) -> _Signature:
        """A keyword's own arguments, with ``system`` where it talks to one; kept, since every call needs it."""
        own = _arguments(self._method(name))
        if self._takes_system(name):
            named_only = any(str(item).startswith("*") for item in own)
            end = next((index for index, item in enumerate(own) if str(item).startswith("**")), len(own))
            own[end:end] = [*([] if named_only else ["*"]), ("system", None)]
        self._signatures[name] = signature = _Signature(own)
        return signature

    def _refuse_misspelt(self, name: str, args: Sequence[Any]) -> None:
        """Raise for a value that stands where a named argument was meant, and for one too many."""
        signature = self._signatures.get(name) or self._signature(name)
        for value in args:
            match = NAMED.match(value) if isinstance(value, str) else None
            near = match and (match[1] in RENAMED or difflib.get_close_matches(match[1], signature.names, n=1))
            if match and near and _written(match[0]):
                raise _misspelt(name, match[1], signature.names)
        if signature.takes_any or len(args) <= signature.most:
            return
        surplus = str(args[signature.most])
        if (match := NAMED.match(surplus)) and _written(match[0]):
            raise _misspelt(name, match[1], signature.names)
        raise UsageError(
            f"The keyword '{_title(name)}' takes at most {signature.most} value{'' if signature.most == 1 else 's'}, and "
            f"'{surplus[:80]}' is one more; its arguments are: {', '.join(signature.names)}."
        )


@contextlib.contextmanager
def _waivable() -> Iterator[None]:
    """A test that needs what its environment openly does without is skipped, by the reason that stands there."""
    try:
        yield
    except LackingError as error:
        reason = str(error).rstrip(".")
        checks = Checks("Lacking", error.entry)
        if waiver := context.system.lacks(checks, "environment.lacking", "an environment that has it", reason, error.entry):
            raise SkipExecution(f"NOT EVALUATED: {reason}, waived: {waiver}.") from None
        raise


class _Signature:
    """A keyword's arguments as Robot reads them, and what is asked of them at each call."""

    def __init__(self, arguments: list[Any]) -> None:
        names = (str(item[0] if isinstance(item, tuple) else item) for item in arguments)
        self.arguments = arguments
        self.names = [name.lstrip("*") for name in names if name.strip("*")]
        own = list(itertools.takewhile(lambda item: not str(item).startswith("*"), arguments))
        self.most = len(own)  # values without a name
        self.takes_any = any(str(item).startswith("*") and str(item) != "*" for item in arguments)
        named_only = [item for item in arguments[self.most :] if str(item) != "*"]
        self.open = arguments if self.takes_any else [*own, "*surplus", *named_only]


def _arguments(keyword: Callable[..., Any]) -> list[Any]:
    """The arguments of a keyword in the form of Robot's dynamic API."""
    rows: list[Any] = []
    bare = True  # without a star so far
    for name, parameter in inspect.signature(keyword).parameters.items():
        if parameter.kind is parameter.KEYWORD_ONLY and bare:
            rows.append("*")
        bare &= parameter.kind not in (parameter.VAR_POSITIONAL, parameter.KEYWORD_ONLY)
        if parameter.kind in STARS:
            rows.append(f"{STARS[parameter.kind]}{name}")
        else:
            rows.append(name if parameter.default is parameter.empty else (name, parameter.default))
    return rows


def _types(keyword: Callable[..., Any]) -> Any:
    """The types by which Robot converts the arguments of a keyword; None where it is to convert none."""
    declared = getattr(keyword, "robot_types", ())
    return declared if declared is None or declared else inspect.get_annotations(keyword, eval_str=True)


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

    for argument in arguments:
        system = getattr(argument, "system", None)
        if isinstance(system, System):
            return system.name
    return None


_SYSTEM_ROW = "    system: A system of the environment file; see `Systems`."
_ABOUT_SYSTEM = """## Systems

Every keyword takes ``system``, the name of a system of the environment file. Without it the keyword talks to the system that the
Library is made for, to the one that the suite names by a tag such as ``system:shop``, to the only one, or to the one that the
environment file names as its ``default``."""


def _written(start: str) -> bool:
    """Whether a value begins so in the suite itself: with a backslash, or in a variable, it is a value and meant as one."""
    from robot.running.context import EXECUTION_CONTEXTS

    running = EXECUTION_CONTEXTS.current
    written = running.steps[-1][0].args if running and running.steps else None
    return written is None or any(str(value).startswith(start) for value in written)


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
