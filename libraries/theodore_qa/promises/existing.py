"""Whether what fills cells exists: the suites, tests and checks that the file of the checks names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from theodore_qa.promises.filling import expand, plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from theodore_qa.promises.declaring import Filling, Promises

IDENTIFIER = re.compile(r"""f?["']([a-z_]+(?:\.[\w{}.\[\]()-]+)+)["']""")


def problems(promises: Promises, filling: Filling, suites: Path, libraries: Path) -> list[str]:
    """What the file of the checks names that does not exist; each as one sentence."""
    return list(dict.fromkeys(_problems(promises, filling, suites, libraries)))


def _problems(promises: Promises, filling: Filling, suites: Path, libraries: Path) -> Iterator[str]:
    tests = _tests(suites)
    checks = _Checks(libraries)
    for fill in filling.fills:
        if fill.suite not in tests:
            yield f"There is no suite {fill.suite}."
            continue
        for cell in promises.cells:
            if fill not in filling.fills_of(cell):
                continue
            name = expand(fill.test, cell)
            if name and plain(name) not in tests[fill.suite]:
                yield f"There is no test '{name}' in {fill.suite}, which is to fill {cell.id}."
            for check in (expand(check, cell) for check in fill.check):
                if check not in checks:
                    yield f"No keyword makes the check {check}, which is to fill {cell.id}."


def _tests(suites: Path) -> dict[str, set[str]]:
    """The plain names of the tests of each suite file, as Robot reads them."""
    from robot.running import TestSuite

    found: dict[str, set[str]] = {}
    for test in TestSuite.from_file_system(suites).all_tests:
        found.setdefault(test.source.relative_to(suites).as_posix(), set()).add(plain(test.name))
    return found


class _Checks:
    """The checks that the code of the keywords names; a part in braces stands for any text."""

    def __init__(self, libraries: Path) -> None:
        named = {
            name
            for path in libraries.rglob("*.py")
            if path.relative_to(libraries).parts[0] != "theodore_sandbox"
            for name in IDENTIFIER.findall(path.read_text(encoding="utf-8"))
        }
        self._patterns = [re.compile(re.sub(r"\\\{.*?\\\}", ".+", re.escape(name))) for name in named if "{" in name]
        self._known = {name: True for name in named if "{" not in name}

    def __contains__(self, check: str) -> bool:
        if check not in self._known:
            self._known[check] = any(pattern.fullmatch(check) for pattern in self._patterns)
        return self._known[check]
