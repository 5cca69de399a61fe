"""Known vulnerabilities of installed or locked packages, from advisories in the OSV format."""

from __future__ import annotations

import json
import re
from importlib import metadata
from pathlib import Path
from typing import Any, TYPE_CHECKING

from SecurityLibrary.findings.finding import Finding, Severity
from theodore_qa.errors import NotEvaluatedError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

OSV = "https://api.osv.dev/v1/querybatch"
PINNED = re.compile(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?\s*==\s*([^\s;#]+)")
BATCH = 500
PYPI = "PyPI"


def packages(source: str) -> dict[str, str]:
    """Names and versions: of what is ``installed``, of a ``uv.lock`` or of a file of pinned requirements."""
    if source == "installed":
        return {
            plain(distribution.metadata["Name"]): distribution.version
            for distribution in metadata.distributions()
            if distribution.metadata["Name"]
        }
    path = Path(source)
    if not path.is_file():
        raise UsageError(f"The file {source} of dependencies is not there; name one, or 'installed'.")
    text = path.read_text(encoding="utf-8")
    if path.suffix in (".lock", ".toml"):
        import tomllib

        try:
            listed = tomllib.loads(text).get("package", [])
        except tomllib.TOMLDecodeError as error:
            raise UsageError(f"The file {source} cannot be read: {error}.") from None
        found = {plain(package["name"]): package["version"] for package in listed if "registry" in package.get("source", {})}
    else:
        found = {plain(match[1]): match[2] for line in text.splitlines() if (match := PINNED.match(line))}
    if not found:
        raise UsageError(f"The file {source} pins no package: expected lines such as requests==2.32.0, or a uv.lock.")
    return found


def plain(name: str) -> str:
    """The name of a Python package as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def known(given: dict[str, str], advisories: str, ecosystem: str = PYPI) -> list[Finding]:
    """Findings for packages of which an advisory speaks; a database that cannot be asked is an error, never a clean result."""
    entries = _from_folder(Path(advisories)) if advisories != "osv" else _from_osv(given, ecosystem)
    return [finding for entry in entries for finding in _matching(entry, given, ecosystem)]


def _from_folder(folder: Path) -> list[dict[str, Any]]:
    files = sorted(folder.rglob("*.json")) if folder.is_dir() else []
    if not files:
        raise NotEvaluatedError(f"there are no advisories (OSV, *.json) in {folder}")
    entries = []
    for file in files:
        try:
            entries.append(json.loads(file.read_text(encoding="utf-8")))
        except ValueError:
            raise NotEvaluatedError(f"the advisory {file.name} is not JSON") from None
    return [entry for entry in entries if isinstance(entry, dict) and not entry.get("withdrawn")]


def _from_osv(given: dict[str, str], ecosystem: str) -> list[dict[str, Any]]:
    import httpx

    listed = list(given.items())
    entries: list[dict[str, Any]] = []
    try:
        with httpx.Client(timeout=30) as client:
            for start in range(0, len(listed), BATCH):
                queries = [
                    {"package": {"name": name, "ecosystem": ecosystem}, "version": version}
                    for name, version in listed[start : start + BATCH]
                ]
                answer = client.post(OSV, json={"queries": queries}).raise_for_status().json()
                for query, result in zip(queries, answer["results"], strict=True):
                    entries += [_entry(client, vulnerability["id"], query) for vulnerability in result.get("vulns", [])]
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        raise NotEvaluatedError(
            f"the advisories could not be looked up at {OSV} ({error.__class__.__name__}): "
            f"name a folder of advisories in the OSV format instead"
        ) from None
    return entries


def _entry(client: Any, identifier: str, query: dict[str, Any]) -> dict[str, Any]:
    entry: dict[str, Any] = client.get(f"{OSV.rpartition('/')[0]}/vulns/{identifier}").raise_for_status().json()
    return entry | {"affected": [{"package": query["package"], "versions": [query["version"]]}]}


def _matching(entry: dict[str, Any], given: dict[str, str], ecosystem: str) -> Iterable[Finding]:
    for affected in entry.get("affected", []):
        package = affected.get("package", {})
        own = str(package.get("ecosystem", "")).partition(":")[0]  # Debian:12, of whatever release
        name = plain(str(package.get("name", ""))) if ecosystem == PYPI else str(package.get("name", ""))
        if own == ecosystem and name in given and _affects(affected, given[name], ecosystem):
            fixed = [
                event["fixed"]
                for affected_range in affected.get("ranges", [])
                for event in affected_range.get("events", [])
                if "fixed" in event
            ]
            yield Finding(
                "vulnerable-dependency",
                "Dependency with a known vulnerability",
                _severity(entry),
                int(next((str(cwe_id)[4:] for cwe_id in entry.get("database_specific", {}).get("cwe_ids", [])), "1395")),
                ("A06:2021", "A03:2025"),
                (f"{name} {given[name]}",),
                f"{entry.get('id')}: {entry.get('summary') or str(entry.get('details', ''))[:120]}",
                f"Update {name} to {' or '.join(fixed)}." if fixed else f"Replace {name}, or follow {entry.get('id')}.",
            )
            return


def _affects(affected: dict[str, Any], version: str, ecosystem: str) -> bool:
    from packaging.version import InvalidVersion

    if version in affected.get("versions", []):
        return True
    ordered = debian_order if ecosystem == "Debian" else _ordered
    try:
        own = ordered(version)
        for affected_range in affected.get("ranges", []):
            inside = False
            if affected_range.get("type") not in ("ECOSYSTEM", "SEMVER"):
                continue
            for event in affected_range.get("events", []):
                if "introduced" in event:
                    inside = inside or event["introduced"] == "0" or own >= ordered(event["introduced"])
                elif ("fixed" in event and own >= ordered(event["fixed"])) or (
                    "last_affected" in event and own > ordered(event["last_affected"])
                ):
                    inside = False
            if inside:
                return True
    except InvalidVersion:
        raise NotEvaluatedError(f"the version {version} cannot be compared") from None
    return False


def _ordered(version: str) -> Any:
    from packaging.version import Version

    return Version(version)


def debian_order(version: str) -> tuple[Any, ...]:
    """A version as Debian orders them: epoch, upstream, revision; ``~`` sorts before the end, letters before other signs."""
    epoch, _, rest = version.rpartition(":")
    upstream, _, revision = rest.rpartition("-") if "-" in rest else (rest, "", "0")
    return int(epoch or 0), _parts(upstream), _parts(revision)


def _parts(text: str) -> tuple[Any, ...]:
    """Text and number by turns; each text ends with a sign that sorts after ``~`` and before all others."""
    found: list[Any] = []
    for letters, digits in re.findall(r"(\D*)(\d*)", text):
        if letters or digits:
            found.append(((*map(_weight, letters), 0), int(digits or 0)))
    return (*found, ((0,), 0))


def _weight(sign: str) -> int:
    return -1 if sign == "~" else ord(sign) + 256 * (not sign.isalpha())


def _severity(entry: dict[str, Any]) -> Severity:
    severity = str(entry.get("database_specific", {}).get("severity", "")).upper()
    names = {
        "LOW": Severity.LOW,
        "MODERATE": Severity.MEDIUM,
        "MEDIUM": Severity.MEDIUM,
        "HIGH": Severity.HIGH,
        "CRITICAL": Severity.CRITICAL,
    }
    return names.get(severity, Severity.HIGH)
