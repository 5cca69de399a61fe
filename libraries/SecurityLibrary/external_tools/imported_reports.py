"""Reports of other tools: read safely, and asked whether they are of a run, on the system, that took place recently."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
from dataclasses import dataclass, replace
from typing import Any, TYPE_CHECKING
from urllib.parse import urlsplit

from SecurityLibrary.external_tools import sarif_results, zap_alerts
from theodore_qa.context import OLDER_THAN
from theodore_qa.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from SecurityLibrary.external_tools.tool_runs import ToolRun
    from SecurityLibrary.findings.finding import Finding
    from theodore_qa.observing.checks import Checks
    from theodore_qa.systems.system import System

MEGABYTE = 2**20
MOST_MEGABYTES = 32
MOST_NAMED = 3
RECENT = dt.timedelta(days=7)
SKEW = dt.timedelta(days=1)  # ZAP writes local time without a zone
LOOPBACK = ("localhost", "::1")
PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Lack:
    """What a report does not show, and the entry that waives it."""

    entry: str
    reason: str


@dataclass(frozen=True)
class Report:
    """What a report says of a system."""

    runs: tuple[ToolRun, ...]
    foreign: tuple[ToolRun, ...]  # runs on other hosts
    expected: tuple[str, ...]  # the names of the system: addresses, repositories or images

    @property
    def findings(self) -> list[Finding]:
        """The findings on the system, or on what the report does not name."""
        return [finding for run in self.runs for finding in run.findings]

    def lacks(self, older_than: dt.timedelta, now: dt.datetime) -> Iterator[Lack]:
        """What is missing for the report to be evidence about the system, at most one lack of a kind."""
        if not self.runs:
            hosts = _listed(host for run in self.foreign for host in run.hosts)
            yield Lack("target", f"it is of {hosts}, not of {self._name}") if hosts else Lack("run", "it holds no run")
            return
        for entry, reasons in (
            ("run", [f"{run.tool}: {run.incomplete}" for run in self.runs if run.incomplete]),
            ("target", [f"{run.tool}: {why}" for run in self.runs if (why := self._misses(run))]),
            ("age", [f"{run.tool}: {why}" for run in self.runs if (why := _untimely(run.moment, older_than, now))]),
        ):
            if reasons:
                yield Lack(entry, _listed(reasons, "; "))

    @property
    def _name(self) -> str:
        return " or ".join(self.expected)

    def _misses(self, run: ToolRun) -> str:
        """Why a run is not known to be of the system; empty if it is."""
        if not run.targets:
            return f"it does not say what it looked at, expected {self._name}"
        return "" if _is_of(run.targets, self.expected) else f"it is of {_listed(run.targets)}, not of {self._name}"

    def __str__(self) -> str:
        return "; ".join(
            f"{run.tool} on {_listed(run.targets) or 'a target without a name'}"
            + (f" at {run.moment:%Y-%m-%d %H:%M} UTC" if run.moment else "")
            for run in self.runs
        )


@dataclass(frozen=True)
class Imported:
    """A report that a suite has imported, and how old it may be."""

    name: str
    report: Report
    system: System
    older_than: dt.timedelta

    def judge(self, checks: Checks) -> bool:
        """Record whether the report is evidence about the system; returns whether it is, or what it lacks is waived."""
        expected = f"a run on {' or '.join(self.report.expected)}, at most {_days(self.older_than)} old"
        lacks = list(self.report.lacks(self.older_than, dt.datetime.now(dt.UTC)))
        if not lacks:
            checks.that("security.imports", True, expected, f"{self.name}: {self.report}", n=len(self.report.runs))
        waived = [
            self.system.lacks(
                checks,
                "security.imports",
                expected,
                f"{self.name}: {lack.reason}",
                f"security.imports.{lack.entry}.{self.name}",
            )
            for lack in lacks
        ]
        return all(waived)


def read(path: Path, expected: Sequence[str]) -> Report:
    """A report, with the names of the system that it is held to.

    Raises:
        UsageError: it is none, of a kind that is not known, too long, damaged or cut off.
    """
    found = [replace(run, findings=tuple(map(_encodable, run.findings))) for run in _runs(path)]
    foreign = tuple(run for run in found if run.hosts and not _is_of(run.hosts, expected))
    return Report(tuple(run for run in found if run not in foreign), foreign, tuple(expected))


def _runs(path: Path) -> list[ToolRun]:
    text = _text(path)
    try:
        if text.lstrip().startswith("<"):
            return zap_alerts.from_xml(text)
        data = json.loads(text)
        if isinstance(data, dict) and "runs" in data:
            return sarif_results.runs(data)
        if isinstance(data, dict) and "site" in data:
            return zap_alerts.from_json(data)
    except ValueError as error:
        raise UsageError(f"The report {path} is damaged or cut off: {error}.") from None
    except RecursionError:
        raise UsageError(f"The report {path} is nested too deeply to be one.") from None
    except (KeyError, TypeError, AttributeError, IndexError, OverflowError):
        raise UsageError(f"The report {path} lacks what a report of its kind has.") from None
    raise UsageError(f"The report {path} is none that is known: expected one of OWASP ZAP (JSON or XML), or SARIF.")


def _text(path: Path) -> str:
    try:
        if path.exists() and not path.is_file():
            raise UsageError(f"The report {path} is no file.")
        if (size := path.stat().st_size) > MOST_MEGABYTES * MEGABYTE:
            raise UsageError(
                f"The report {path} has {size / MEGABYTE:.0f} MB, and at most {MOST_MEGABYTES} MB are read: "
                f"have the tool leave out requests, answers and code flows."
            )
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"The report {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise UsageError(f"The report {path} is not text in UTF-8.") from None
    if not text.strip():
        raise UsageError(f"The report {path} is empty.")
    return text


def _untimely(at: dt.datetime | None, older_than: dt.timedelta, now: dt.datetime) -> str:
    """Why a run at this time says nothing of today; empty if it does."""
    if at is None:
        return "it does not say at what time it ran"
    if at > now + SKEW:
        return f"its time {at:%Y-%m-%d %H:%M} UTC lies in the future"
    age = now - at
    if age > older_than:
        return f"it ran on {at:%Y-%m-%d}, {_days(age)} ago, expected at most {_days(older_than)}"
    return ""


def age_limit() -> dt.timedelta:
    """How old a report may be where a suite does not say it."""
    given = os.environ.get(OLDER_THAN)
    return dt.timedelta(seconds=float(given)) if given else RECENT


def _days(length: dt.timedelta) -> str:
    hours = length.total_seconds() / 3600
    return f"{hours / 24:.0f} days" if hours >= 48 else f"{hours:.1f} hours"  # noqa: PLR2004  # two days


def _is_of(targets: Iterable[str], expected: Sequence[str]) -> bool:
    found = list(targets)
    return any(_is_same(known, target) for known in expected for target in found)


def _is_same(known: str, found: str) -> bool:
    """Whether a report's name of a target is, or lies below, a known name of it."""
    if _origin(known) is None or _origin(found) is None:
        return known.rstrip("/") == found.rstrip("/")
    base, path = (re.sub(r"(\.git)?/*$", "", urlsplit(url).path) for url in (known, found))
    return _origin(known) == _origin(found) and (not path or path == base or path.startswith(f"{base}/"))


def _origin(url: str) -> tuple[str, int] | None:
    """Host and port of an address; none for other names."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or PORTS.get(parts.scheme)
    except ValueError:
        return None
    return ("127.0.0.1" if host in LOOPBACK else host, port) if host and port else None


def _listed(texts: Iterable[str], separator: str = ", ") -> str:
    """The first of some texts, each once, and how many more there are."""
    different = list(dict.fromkeys(texts))
    more = f" and {len(different) - MOST_NAMED} more" if len(different) > MOST_NAMED else ""
    return separator.join(different[:MOST_NAMED]) + more


def _encodable(finding: Finding) -> Finding:
    """A finding that can be written as UTF-8: JSON may escape halves of characters."""

    def whole(text: str) -> str:
        return text.encode("utf-8", "replace").decode("utf-8")

    texts: dict[str, Any] = {
        name: whole(getattr(finding, name)) for name in ("probe", "title", "observed", "remediation", "tool", "accepted")
    }
    return replace(finding, locations=tuple(map(whole, finding.locations)), **texts)
