"""The controls of standards that tests speak to, as controls.yaml lists them, and which tests feed them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TYPE_CHECKING

from theodore_qa.errors import unknown, UsageError
from theodore_qa.readiness.files import read_checked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

FILE, SCHEMA = "controls.yaml", "controls.schema.json"
CONTROL, OWASP = "control:", "owasp:"


@dataclass(frozen=True)
class Standard:
    """A catalogue of controls: how many units it has, and which of them are listed."""

    id: str
    title: str
    count: int
    unit: str
    units: frozenset[str]

    @property
    def not_listed(self) -> int:
        """How many of its units no entry speaks to."""
        return self.count - len(self.units)


@dataclass(frozen=True)
class Control:
    """What a standard demands, and which tests speak to it; the schema of controls.yaml describes the entries."""

    id: str
    standard: str
    title: str
    shows: str = ""
    cannot_show: str = ""
    tags: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    reason: str = ""

    @property
    def own_tag(self) -> str:
        """The tag by which a test names it."""
        return OWASP + self.id.removeprefix("OWASP-") if self.id.startswith("OWASP-") else CONTROL + self.id

    @property
    def all_tags(self) -> frozenset[str]:
        """The tags of tests that feed it, as they are compared."""
        return frozenset(tag.casefold() for tag in (self.own_tag, *self.tags))


@dataclass(frozen=True)
class Catalogue:
    """All listed controls.

    Attributes:
        standards: by their names.
        controls: by their ids.
        folders: folders of the suites beside the file that have tests with a tag, or a named test.
        suites: the suites beside the file; None if there are none.
    """

    standards: Mapping[str, Standard]
    controls: Mapping[str, Control]
    folders: Mapping[str, frozenset[str]] = field(default_factory=dict)
    suites: Path | None = None


def read(path: Path) -> Catalogue:
    """The controls in a file; tags and tests that the suites beside it do not have are refused.

    Raises:
        UsageError: the file is not valid, or names what there is not.
    """
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _read(path: Path, changed: int) -> Catalogue:  # noqa: ARG001  # a file that changed is read anew
    data = read_checked(path, SCHEMA)
    controls: dict[str, Control] = {}
    units: dict[str, set[str]] = {name: set() for name in data["catalogues"]}
    patterns = {name: _pattern(name, entry["ids"], path) for name, entry in data["catalogues"].items()}
    for name, entry in data["controls"].items():
        matches = {standard: found for standard, pattern in patterns.items() if (found := pattern.fullmatch(name))}
        if len(matches) != 1:
            what = f"the controls of {' and of '.join(matches)}" if matches else "those of no catalogue"
            raise UsageError(f"The id of the control '{name}' in {path.name} is like {what}: expected it to be like one's 'ids'.")
        ((standard, found),) = matches.items()
        units[standard].add(found[1])
        controls[name] = _control(name, standard, entry)
    standards = {
        name: Standard(name, entry["title"], entry["count"], entry["unit"], frozenset(units[name]))
        for name, entry in data["catalogues"].items()
    }
    for standard in standards.values():
        if standard.not_listed < 0:
            raise UsageError(
                f"The catalogue '{standard.id}' in {path.name} has {standard.count} {standard.unit}, and {len(standard.units)} "
                f"are listed: correct 'count', or the ids."
            )
    suites = path.resolve().parent.parent / "suites"
    if path.parent.name != "variables" or not suites.is_dir():
        return Catalogue(standards, controls)
    return Catalogue(standards, controls, _located(controls.values(), suites, path), suites)


def _pattern(name: str, text: str, path: Path) -> re.Pattern[str]:
    try:
        pattern = re.compile(text)
    except re.error as error:
        raise UsageError(f"The entry catalogues.{name}.ids in {path.name} is no regular expression: {error}.") from None
    if pattern.groups != 1:
        raise UsageError(f"The entry catalogues.{name}.ids in {path.name} has {pattern.groups} groups, expected one.")
    return pattern


def _control(name: str, standard: str, entry: dict[str, Any]) -> Control:
    fields: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
    return Control(name, standard, **fields)


def _located(controls: Iterable[Control], suites: Path, path: Path) -> dict[str, frozenset[str]]:
    """The folders of the tests that each tag and each name of a control stands for.

    Raises:
        UsageError: no suite has such a tag, or such a test.
    """
    texts = {file.relative_to(suites).as_posix(): file.read_text(encoding="utf-8") for file in sorted(suites.rglob("*.robot"))}
    words: dict[str, set[str]] = {}
    for source, text in texts.items():
        for word in set(text.casefold().split()):
            words.setdefault(word, set()).add(source.partition("/")[0])
    tags = {word for word in words if ":" in word}
    found: dict[str, frozenset[str]] = {}
    for control in controls:
        for tag in control.tags:
            if tag.casefold() not in words:
                raise unknown(f"test with the tag of {control.id},", tag, tags, f"{suites.name}/ that {path.name} asks for")
        for tag in control.all_tags:
            found[tag] = frozenset(words.get(tag, ()))
        for test in control.tests:
            source, _, name = test.partition(": ")
            if source not in texts:
                raise unknown(f"suite of {control.id},", source, texts, f"{suites.name}/ that {path.name} asks for")
            if name not in texts[source].splitlines():
                names = [line for line in texts[source].splitlines() if line and line[0] not in " *.#"]
                raise unknown(f"test of {control.id},", name, names, f"{source} that {path.name} asks for")
            found[test] = frozenset({source.partition("/")[0]})
    return found
