"""The controls of standards that tests speak to, as controls.yaml lists them, and which tests feed them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TYPE_CHECKING

from theodore_qa import paths
from theodore_qa.errors import unknown, UsageError
from theodore_qa.readiness.files import read_checked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

FILE, SCHEMA = "controls.yaml", "controls.schema.json"
CONTROL, OWASP = "control:", "owasp:"
SUITES = "suites"


@dataclass(frozen=True)
class Standard:
    """A catalogue of controls: how many units it has, by which source, and which of them are listed."""

    id: str
    title: str
    count: int
    unit: str
    units: frozenset[str]
    source: str = ""

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
        folders: folders of suites that have tests with a tag, or a named test.
        suites: where these are: those beside the file, which go before, and the shipped.
    """

    standards: Mapping[str, Standard]
    controls: Mapping[str, Control]
    folders: Mapping[str, frozenset[str]] = field(default_factory=dict)
    suites: tuple[Path, ...] = ()


def read(path: Path) -> Catalogue:
    """The controls in a file; tags and tests that neither the suites beside it nor the shipped have are refused.

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
        name: Standard(name, entry["title"], entry["count"], entry["unit"], frozenset(units[name]), entry.get("source", ""))
        for name, entry in data["catalogues"].items()
    }
    for standard in standards.values():
        if standard.not_listed < 0:
            raise UsageError(
                f"The catalogue '{standard.id}' in {path.name} has {standard.count} {standard.unit}, and {len(standard.units)} "
                f"are listed: correct 'count', or the ids."
            )
    beside = path.resolve().parent.parent / SUITES
    roots = [beside] if path.parent.name == "variables" and beside.is_dir() else []
    roots += [shipped for shipped in [paths.shipped(SUITES).resolve()] if shipped not in roots]
    return Catalogue(standards, controls, _located(controls.values(), roots, path), tuple(roots))


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


def _located(controls: Iterable[Control], roots: Sequence[Path], path: Path) -> dict[str, frozenset[str]]:
    """The folders of the tests that each tag and each name of a control stands for; a folder of the project hides the shipped.

    Raises:
        UsageError: no suite has such a tag, or such a test.
    """
    texts: dict[str, list[str]] = {}
    words: dict[str, set[str]] = {}
    run: set[str] = set()  # the files that a run takes
    for root in roots:
        files = sorted(file for file in root.rglob("*.robot") if file.is_file())
        own = {file.relative_to(root).as_posix(): file.read_text(encoding="utf-8", errors="replace") for file in files}
        hidden = {source.partition("/")[0] for source in texts}
        for source, text in own.items():
            texts.setdefault(source, []).extend(text.splitlines())
            folder = source.partition("/")[0]
            run |= {source} if folder not in hidden else set()
            for word in set(text.casefold().split()):
                words.setdefault(word, set()).update({folder} if folder not in hidden else ())
    where = f"the suites that {path.name} asks for"
    found: dict[str, frozenset[str]] = {}
    for control in controls:
        for tag in control.tags:
            if tag.casefold() not in words:
                raise unknown(f"test with the tag of {control.id},", tag, {word for word in words if ":" in word}, where)
        found |= {tag: frozenset(words.get(tag, ())) for tag in control.all_tags}
        for test in control.tests:
            source, _, name = test.partition(": ")
            if source not in texts:
                raise unknown(f"suite of {control.id},", source, texts, where)
            if name not in texts[source]:
                names = [line for line in texts[source] if line and line[0] not in " *.#"]
                raise unknown(f"test of {control.id},", name, names, where)
            found[test] = frozenset({source.partition("/")[0]} if source in run else ())
    return found
