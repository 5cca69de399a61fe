"""Reports of other tools that feed gates: what they show as a share, or why they show none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TYPE_CHECKING
from urllib.parse import urlsplit

from theodore_qa.errors import unknown, UsageError
from theodore_qa.readiness.measuring import ReportValue
from theodore_qa.statistics import Share

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from xml.etree.ElementTree import Element

NOTHING = Share(0, 0)
CONTRADICTION = 0.01  # how far the rate that a report states may be from its own counts
INFORMATIONAL = 0  # of ZAP's risk codes


def read(given: Sequence[str], hosts: Collection[str]) -> tuple[dict[str, ReportValue], list[Path]]:
    """The reports that ``KIND=FILE`` names, read, and their files.

    Args:
        given: as they stand on the command line.
        hosts: of the environment; a report about others feeds nothing.

    Raises:
        UsageError: the kind is unknown, or the file is not there or no such report.
    """
    found: dict[str, ReportValue] = {}
    paths: list[Path] = []
    for text in given:
        kind, equals, name = text.partition("=")
        if kind not in READERS or not equals:
            raise unknown("kind of report", kind, READERS, "--gate-input KIND=FILE")
        path = Path(name).resolve()
        if kind in found:
            raise UsageError(f"Two reports of the kind {kind} are given by --gate-input: merge them, or give one.")
        try:
            found[kind] = READERS[kind](path, hosts)
        except OSError as error:
            raise UsageError(f"The report {path} cannot be read: {error.strerror}.") from None
        except (ValueError, KeyError, TypeError, AttributeError, SyntaxError) as error:
            raise UsageError(f"The file {path} is no {kind} report, or is damaged: {error}.") from None
        paths.append(path)
    return found, paths


def _junit(path: Path, _: Collection[str]) -> ReportValue:
    cases = list(_root(path).iter("testcase"))
    skipped = [case for case in cases if case.find("skipped") is not None]
    failed = [case for case in cases if case.find("failure") is not None or case.find("error") is not None]
    share = Share(len(cases) - len(skipped) - len(failed), len(cases) - len(skipped))
    reason = f"{len(skipped)} of {len(cases)} tests of {path.name} were skipped" if skipped and not failed else ""
    return ReportValue(share, reason)


def _coverage(path: Path, _: Collection[str]) -> ReportValue:
    root = _root(path)
    if root.tag != "coverage":
        raise ValueError(f"its root is <{root.tag}>, expected <coverage>")
    lines = list(root.iter("line"))
    counted = Share(sum(int(line.get("hits", 0)) > 0 for line in lines), len(lines))
    stated = root.get("line-rate")
    if not lines:
        return ReportValue(NOTHING, f"{path.name} lists no lines")
    if stated is not None and abs(float(stated) - counted.value) > CONTRADICTION:
        return ReportValue(NOTHING, f"{path.name} states a rate of {float(stated):.2%}, and its lines give {counted.value:.2%}")
    return ReportValue(counted)


def _sarif(path: Path, _: Collection[str]) -> ReportValue:
    """The share of all rules without a result of the level error; without rules nothing shows what was looked for."""
    runs = json.loads(path.read_text(encoding="utf-8"))["runs"]
    rules = {(number, rule["id"]) for number, run in enumerate(runs) for rule in run["tool"]["driver"].get("rules", ())}
    hit = {(number, str(result.get("ruleId"))) for number, run in enumerate(runs) for result in _errors(run)}
    if any(not done.get("executionSuccessful", True) for run in runs for done in run.get("invocations", ())):
        return ReportValue(NOTHING, f"a tool of {path.name} did not end well")
    return ReportValue(Share(len(rules - hit), len(rules | hit)), "" if rules | hit else f"{path.name} names no rules")


def _errors(run: dict[str, Any]) -> Iterator[dict[str, Any]]:
    levels = {rule["id"]: rule.get("defaultConfiguration", {}).get("level") for rule in run["tool"]["driver"].get("rules", ())}
    for result in run.get("results") or ():
        level = result.get("level") or levels.get(result.get("ruleId")) or "warning"
        if level == "error" and not result.get("suppressions"):
            yield result


def _zap(path: Path, hosts: Collection[str]) -> ReportValue:
    """Alerts above informational fail; their absence shows nothing, since the report does not list what was scanned."""
    sites = json.loads(path.read_text(encoding="utf-8"))["site"]
    own = [site for site in (sites if isinstance(sites, list) else [sites]) if urlsplit(str(site["@name"])).hostname in hosts]
    alerts = [alert for site in own for alert in site.get("alerts", ())]
    serious = [alert for alert in alerts if int(alert["riskcode"]) > INFORMATIONAL]
    if not own:
        return ReportValue(NOTHING, f"{path.name} names no host of the environment")
    if not serious:
        return ReportValue(NOTHING, f"{path.name} has no alert, and does not list the scanned URL of every operation")
    return ReportValue(Share(len(alerts) - len(serious), len(alerts)))


def _root(path: Path) -> Element:
    from xml.etree import ElementTree as Xml

    return Xml.fromstring(path.read_bytes())  # noqa: S314  # expat since 2.4.1 bounds the growth of entities


READERS: dict[str, Callable[[Path, Collection[str]], ReportValue]] = {
    "coverage": _coverage,
    "junit": _junit,
    "sarif": _sarif,
    "zap": _zap,
}
