"""What a system is made of, as lock files, SBOMs and package lists of images say it."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any, TYPE_CHECKING
from urllib.parse import unquote

from SecurityLibrary.external_tools import advisories
from theodore_qa.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from SecurityLibrary.findings.finding import Finding

PURL = re.compile(r"pkg:(?P<type>[a-z]+)/(?P<name>[^@?#]+)@(?P<version>[^?#]+)")
ECOSYSTEMS = {
    "pypi": "PyPI",
    "npm": "npm",
    "deb": "Debian",
    "apk": "Alpine",
    "golang": "Go",
    "maven": "Maven",
    "cargo": "crates.io",
    "nuget": "NuGet",
    "gem": "RubyGems",
    "composer": "Packagist",
}
OWN_NAMES = ("deb", "apk")  # whose namespace is the distribution and no part of the name
NO_LIBRARY = ("file", "operating-system", "device", "firmware")  # of CycloneDX: nothing that advisories name
SOURCE = re.compile(r"(?P<name>\S+)(?: \((?P<version>[^)]+)\))?")


@dataclass(frozen=True)
class Component:
    """A package with its version; the ecosystem is empty where a list does not tell what kind of package it is."""

    ecosystem: str
    name: str
    version: str


def read(path: Path) -> list[Component]:
    """The components that a file lists, each once.

    Raises:
        UsageError: it is not there, is none that is known, or lists none.
    """
    if not path.is_file():
        raise UsageError(f"The list of dependencies {path} is not there: name one by 'dependencies.lists'.")
    try:
        text = path.read_text(encoding="utf-8-sig")
        found = list(dict.fromkeys(_components(path, text)))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UsageError(f"The list of dependencies {path} is damaged, or of a kind that is not known.") from None
    if not found:
        raise UsageError(f"The list of dependencies {path} names no package with a version.")
    return found


def known(components: Iterable[Component], advisories_in: str) -> list[Finding]:
    """Findings for components of which an advisory speaks, each looked up among those of its ecosystem.

    Raises:
        NotEvaluatedError: the advisories cannot be looked up, or a version cannot be compared.
    """
    found: list[Finding] = []
    by_version: dict[tuple[str, int], dict[str, str]] = {}
    numbers: Counter[tuple[str, str]] = Counter()
    for part in components:
        if part.ecosystem:  # of several versions of one package each is looked up
            by_version.setdefault((part.ecosystem, numbers[part.ecosystem, part.name]), {})[part.name] = part.version
            numbers[part.ecosystem, part.name] += 1
    for (ecosystem, _), given in by_version.items():
        plain = {advisories.plain(name): version for name, version in given.items()} if ecosystem == advisories.PYPI else given
        found += advisories.known(plain, advisories_in, ecosystem)
    return found


def _components(path: Path, text: str) -> Iterator[Component]:
    if text.lstrip().startswith("{"):
        yield from _of_json(json.loads(text))
    elif re.search(r"^Package: ", text, re.MULTILINE):
        yield from _of_dpkg(text)
    elif re.search(r"^P:.+\n(?:.+\n)*?V:|^V:.+\n(?:.+\n)*?P:", text, re.MULTILINE):
        yield from _of_apk(text)
    elif path.suffix == ".lock" and (poetry := _of_poetry(text)):
        yield from poetry
    else:
        yield from (Component("PyPI", name, version) for name, version in advisories.packages(str(path)).items())


def _of_json(data: dict[str, Any]) -> Iterator[Component]:
    """CycloneDX, SPDX, or the lock file of npm."""
    if data.get("bomFormat") == "CycloneDX":
        yield from _of_cyclonedx(data.get("components", []))
    elif "spdxVersion" in data:
        for package in data["packages"]:
            urls = [ref["referenceLocator"] for ref in package.get("externalRefs", []) if ref.get("referenceType") == "purl"]
            yield _of_purl(urls[0] if urls else "", str(package["name"]), str(package.get("versionInfo", "")))
    elif "lockfileVersion" in data:
        for place, package in data.get("packages", {}).items():
            if place and not package.get("link"):
                yield Component("npm", package.get("name") or place.rpartition("node_modules/")[2], str(package["version"]))
    else:
        raise ValueError("no list of components")


def _of_cyclonedx(components: list[dict[str, Any]]) -> Iterator[Component]:
    for component in components:
        if component.get("type") not in NO_LIBRARY:
            yield _of_purl(str(component.get("purl", "")), str(component["name"]), str(component.get("version", "")))
        yield from _of_cyclonedx(component.get("components", []))


def _of_purl(url: str, name: str, version: str) -> Component:
    match = PURL.match(url)
    if match is None or match["type"] not in ECOSYSTEMS:
        return Component("", name, version)
    named = unquote(match["name"])
    if match["type"] in OWN_NAMES:
        named = named.rpartition("/")[2]
    elif match["type"] == "maven":
        named = named.replace("/", ":")
    return Component(ECOSYSTEMS[match["type"]], named, unquote(match["version"]))


def _of_dpkg(text: str) -> Iterator[Component]:
    """The status file of dpkg; advisories name source packages."""
    for paragraph in re.split(r"\n\s*\n", text):
        fields = dict(line.split(": ", 1) for line in paragraph.splitlines() if re.match(r"[A-Z][\w-]*: ", line))
        if "Package" not in fields or not fields.get("Status", "installed").endswith("installed"):
            continue
        source = SOURCE.match(fields.get("Source", ""))
        name = source["name"] if source else fields["Package"]
        yield Component("Debian", name, (source and source["version"]) or fields["Version"])


def _of_apk(text: str) -> Iterator[Component]:
    """The database of apk; advisories name the package that another one comes from."""
    for paragraph in re.split(r"\n\s*\n", text):
        fields = dict(line.split(":", 1) for line in paragraph.splitlines() if line[1:2] == ":")
        if "P" in fields and "V" in fields:
            yield Component("Alpine", fields.get("o") or fields["P"], fields["V"])


def _of_poetry(text: str) -> list[Component]:
    """The lock file of Poetry, whose packages come from the index unless they say otherwise; empty for other lock files."""
    import tomllib

    data = tomllib.loads(text)
    if "content-hash" not in data.get("metadata", {}):
        return []
    return [Component("PyPI", package["name"], package["version"]) for package in data["package"] if "source" not in package]
