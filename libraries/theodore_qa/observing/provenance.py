"""Where the values of a test come from: which variables hold what a library keyword returned, or were made out of it.

A test may observe by any library. What it then compares has to have come from one: a constant that is compared with a constant
says nothing of any system. Robot's own keywords return what they were given, so they pass the source of their arguments on.
"""

from __future__ import annotations

import re
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

DERIVING = ("BuiltIn", "Collections", "String", "DateTime", "Reserved", "Easter")
SETTERS = ("set test variable", "set suite variable", "set global variable", "set task variable", "set local variable")
_MENTIONED = re.compile(r"[$@&]\{([^${}]+?)\}|(?<![\w{])\$([A-Za-z_]\w*)")


def _plain(name: str) -> str:
    """A variable's name as Robot compares it, without what stands after it: items and attributes."""
    name = re.sub(r"^[$@&%]\{|\}.*$", "", name.strip().rstrip("= "))
    base = re.match(r"[\w \-]+", name)
    return re.sub(r"[\s_]", "", base[0] if base else name).casefold()


class Provenance:
    """The sources of variables, by the keyword that is running."""

    def __init__(self) -> None:
        self._frames: list[dict[str, str]] = [{}]
        self._returned: list[str] = [""]
        self._shared: dict[str, str] = {}
        self._arguments: list[tuple[Any, ...]] = []

    def start_test(self) -> None:
        """Forget the variables of the test before; what suites share stays."""
        self._frames, self._returned, self._arguments = [{}], [""], []

    def source(self, *texts: object) -> str:
        """The library keyword to which a text as it stands in the suite goes back; empty for a constant."""
        for text in texts:
            for found in _MENTIONED.finditer(str(text)):
                name = _plain(found[1] or found[2])
                known = self._frames[-1].get(name) or self._shared.get(name)
                if known:
                    return known
        return ""

    def of_argument(self, position: int, name: str) -> str:
        """The source of an argument of the running library keyword, given by position or by name."""
        return self.source(self._written(position, name))

    def is_same_argument(self, position: int, name: str, other_position: int, other_name: str) -> bool:
        """Whether two arguments of the running library keyword are one expression, with a variable in it."""
        written = self._written(position, name)
        return written == self._written(other_position, other_name) and bool(_MENTIONED.search(written))

    def compares_with_itself(self, operators: Collection[str]) -> bool:
        """Whether the running keyword's expected value, after an operator, is part of what it is compared with."""
        texts = [str(argument) for argument in (self._arguments[-1] if self._arguments else ())]
        operator = next((number for number, text in enumerate(texts) if text.lower() in operators), None)
        if operator is None:
            return False
        subject, expected = (
            {_plain(m[1] or m[2]) for m in _MENTIONED.finditer(" ".join(part))}
            for part in (texts[:operator], texts[operator + 1 : operator + 2])
        )
        return bool(subject & expected)

    def _written(self, position: int, name: str) -> str:
        """An argument as it stands in the suite."""
        texts = [str(argument) for argument in (self._arguments[-1] if self._arguments else ())]
        named = next((text.partition("=")[2] for text in texts if text.startswith(f"{name}=")), None)
        return named if named is not None else texts[position] if position < len(texts) else ""

    def start_library_keyword(self, data: Any) -> None:
        """A library keyword begins; its arguments are as they stand in the suite."""
        self._arguments.append(tuple(data.args))

    def end_library_keyword(self, data: Any, implementation: Any) -> None:
        """A library keyword has returned: what it was assigned to has its source."""
        arguments = self._arguments.pop() if self._arguments else tuple(data.args)
        owner = str(getattr(implementation.owner, "name", ""))
        own = "" if owner in DERIVING else str(implementation.full_name)
        if owner == "BuiltIn" and implementation.name.casefold() in SETTERS and arguments:
            self._shared[_plain(str(arguments[0]).lstrip("\\"))] = self.source(*arguments[1:]) or self.source(arguments[0])
        for variable in data.assign:
            self._frames[-1][_plain(variable)] = own or self.source(*arguments)

    def start_user_keyword(self, data: Any, implementation: Any) -> None:
        """A keyword of the suite begins: its arguments have the sources of what it was called with."""
        spec = implementation.args
        names = [*spec.positional_only, *spec.positional_or_named]
        frame: dict[str, str] = {}
        position = 0
        for text in map(str, data.args):
            name, equals, value = text.partition("=")
            if equals and (name in names or name in spec.named_only):
                frame[_plain(name)] = self.source(value)
                continue
            target = names[position] if position < len(names) else spec.var_positional
            position += 1
            if target:
                frame[_plain(target)] = frame.get(_plain(target)) or self.source(text)
        self._frames.append(frame)
        self._returned.append("")

    def end_user_keyword(self, data: Any) -> None:
        """A keyword of the suite has returned."""
        if len(self._frames) > 1:
            self._frames.pop()
        returned = self._returned.pop() if len(self._returned) > 1 else ""
        for variable in data.assign:
            self._frames[-1][_plain(variable)] = returned

    def end_return(self, data: Any) -> None:
        """The running keyword of the suite returns values."""
        self._returned[-1] = self.source(*data.values) or self._returned[-1]

    def end_var(self, data: Any) -> None:
        """A variable was set by VAR."""
        source = self.source(*data.value)
        scope = str(data.scope or "").upper()
        target = self._shared if scope in ("TEST", "TASK", "SUITE", "SUITES", "GLOBAL") else self._frames[-1]
        target[_plain(data.name)] = source

    def start_loop(self, assign: Any, values: Any) -> None:
        """The variables of a loop hold items of what is looped over."""
        source = self.source(*values)
        for variable in assign:
            self._frames[-1][_plain(variable)] = source


provenance = Provenance()
