"""What a report of OWASP ZAP shows of a system: serious alerts that nobody accepted, or whether their absence says something."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any, TYPE_CHECKING
from urllib.parse import urlsplit

from theodore_qa import accepted
from theodore_qa.readiness.measuring import ReportValue
from theodore_qa.statistics import Share
from theodore_qa.timing import moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from theodore_qa.run.finished import FinishedRun

NOTHING = Share(0, 0)
INFORMATIONAL = 0  # of its codes of risk
FALSE_POSITIVE = ("0", "false positive")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
PORTS = {"http": 80, "https": 443}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?")
SKEW = dt.timedelta(minutes=5)  # of clocks
MOST_NAMED = 3
Alert = dict[str, Any]


@dataclass(frozen=True)
class ZapReport:
    """A report: its name, the time of the scan, alerts by the address of their site, and all URLs that it names."""

    name: str
    at: dt.datetime | None
    sites: tuple[tuple[str, tuple[Alert, ...]], ...]
    urls: frozenset[str]

    def with_urls(self, urls: Iterable[str]) -> ZapReport:
        """The report with URLs that ZAP listed in a file of their own."""
        return replace(self, urls=self.urls | set(urls))

    def value(self, run: FinishedRun) -> ReportValue:
        """What it shows of the systems of a run: a serious alert counts whatever else the report lacks, silence does not."""
        systems = {
            name: system
            for name, system in getattr(run.environment, "systems", {}).items()
            if any(_origin(address) == _origin(system.url) for address, _ in self.sites)
        }
        origins = {_origin(system.url) for system in systems.values()}
        alerts = [alert for address, own in self.sites if _origin(address) in origins for alert in own]
        if not systems:
            return ReportValue(NOTHING, f"{self.name} names no system of the environment")
        entries = accepted.valid(accepted.load(None))
        serious = [alert for alert in alerts if int(alert["riskcode"]) > INFORMATIONAL and not _is_accepted(alert, entries)]
        if serious:
            return ReportValue(Share(len(alerts) - len(serious), len(alerts)))
        operations = {name: _operations(system) for name, system in systems.items()}
        reason = self._untimely(run, systems) or self._not_scanned(systems, operations)
        number = sum(map(len, operations.values()))
        return ReportValue(NOTHING if reason else Share(number, number), reason)

    def _untimely(self, run: FinishedRun, systems: Iterable[str]) -> str:
        """Why the scan is not known to be of these builds; empty if it is younger than all of them."""
        if self.at is None:
            return f"{self.name} does not say when the scan was"
        if self.at > dt.datetime.now(dt.UTC) + SKEW:
            return f"the scan of {self.name} lies in the future ({self.at:%Y-%m-%d %H:%M} UTC)"
        for system in systems:
            builds = {str(record.get("build") or "") for record in run.environments if record.get("system") == system}
            made = {build: moment(found[0]) for build in builds if (found := TIME.search(build))}
            if not builds or len(made) < len(builds):
                return (
                    f"when the build of {system} was made is not known: name the field with its time among build.fields in "
                    f"{run.environment.path.name}"
                )
            if late := [build for build, time in made.items() if time is None or time > self.at]:
                return f"the scan of {self.name} ({self.at:%Y-%m-%d %H:%M} UTC) is older than the build of {system} ({late[0]})"
        return ""

    def _not_scanned(self, systems: dict[str, Any], operations: dict[str, set[str]]) -> str:
        """The operations of which it names no scanned URL; empty if there are none."""
        missing: list[str] = []
        for name, system in systems.items():
            if not operations[name]:
                return f"the operations of {name} are not known: it has no contract"
            own = [url for url in self.urls if _origin(url) == _origin(system.url)]
            missing += sorted(operations[name] - {label for url in own for label in _hit(system, urlsplit(url).path or "/")})
        if not missing:
            return ""
        more = f" and {len(missing) - MOST_NAMED} more" if len(missing) > MOST_NAMED else ""
        number = sum(map(len, operations.values()))
        return (
            f"{len(missing)} of {number} operations have no scanned URL in {self.name} "
            f"({', '.join(missing[:MOST_NAMED])}{more}): give ZAP's list of all URLs too, by --gate-input zap-urls=FILE"
        )


def read(path: Path) -> ZapReport:
    """A report in ZAP's traditional JSON, with or without requests."""
    data = json.loads(path.read_text(encoding="utf-8-sig"))
    sites = data["site"] if isinstance(data["site"], list) else [data["site"]]
    found = tuple((str(site["@name"]), tuple(_checked(alert) for alert in site["alerts"])) for site in sites)
    urls = {str(hit["uri"]) for _, alerts in found for alert in alerts for hit in alert.get("instances", ()) if "uri" in hit}
    return ZapReport(
        path.name, moment(str(data.get("created", ""))) or moment(str(data.get("@generated", ""))), found, frozenset(urls)
    )


def read_urls(path: Path) -> set[str]:
    """ZAP's list of URLs: a text with one in each line, or HTTP messages as HAR."""
    text = path.read_text(encoding="utf-8-sig")
    if text.lstrip().startswith("{"):
        urls = [str(entry["request"]["url"]) for entry in json.loads(text)["log"]["entries"]]
    else:
        urls = [word for line in text.splitlines() if line.strip() for word in line.split()[-1:]]
    if not urls or any(_origin(url) is None for url in urls):
        raise ValueError("expected a URL in each line, or messages as HAR")
    return set(urls)


def _checked(alert: Alert) -> Alert:
    int(alert["riskcode"])
    return alert


def _is_accepted(alert: Alert, entries: list[dict[str, Any]]) -> bool:
    """Whether ZAP marks it as a false positive, or each of its places is accepted in accepted-findings.yaml."""
    if str(alert.get("confidence", "")).lower() in FALSE_POSITIVE:
        return True
    probe = f"zap-{alert.get('alertRef') or alert.get('pluginid')}"
    patterns = [str(entry["place"]) for entry in entries if entry["probe"] == probe]
    places = list(_places(alert))
    return bool(places) and all(any(fnmatchcase(place, pattern) for pattern in patterns) for place in places)


def _places(alert: Alert) -> Iterator[str]:
    for hit in alert.get("instances", ()):
        parts = urlsplit(str(hit.get("uri", "")))
        path = parts.path + (f"?{parts.query}" if parts.query else "") or "/"
        yield f"{hit.get('method') or 'GET'} {path} {hit.get('param') or ''}".strip()


def _operations(system: Any) -> set[str]:
    document = system.contract.document
    return {system.contract.label(operation) for operation in document.operations} if document else set()


def _hit(system: Any, path: str) -> set[str]:
    """The operations that a scanned path belongs to: ZAP lists paths without methods."""
    found = (system.contract.find(method, path) for method in METHODS)
    return {system.contract.label(operation) for operation in found if operation}


def _origin(url: str) -> tuple[str, int] | None:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or PORTS.get(parts.scheme)
    except ValueError:
        return None
    return ("127.0.0.1" if host in ("localhost", "::1") else host, port) if host and port else None
