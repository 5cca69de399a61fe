"""Reports of other tools that feed gates: what they show as a share, or why they show none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TYPE_CHECKING

from theodore_qa.errors import unknown, UsageError
from theodore_qa.readiness import zap
from theodore_qa.readiness.measuring import ReportValue
from theodore_qa.statistics import Share

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from xml.etree.ElementTree import Element

NOTHING = Share(0, 0)
URLS = "zap-urls"
Report = ReportValue | zap.ZapReport
CONTRADICTION = 0.01  # how far the rate that a report states may be from its own counts


def read(given: Sequence[str], hosts: Collection[str]) -> tuple[dict[str, Report], list[Path]]:
    """The reports that ``KIND=FILE`` names, read, and their files.

    Args:
        given: as they stand on the command line.
        hosts: of the environment; a report about others feeds nothing.

    Raises:
        UsageError: the kind is unknown, or the file is not there or no such report.
    """
    found: dict[str, Any] = {}
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
    if urls := found.pop(URLS, None):
        if "zap" not in found:
            raise UsageError("A list of scanned URLs shows nothing alone: give the report too, by --gate-input zap=FILE.")
        found["zap"] = found["zap"].with_urls(urls)
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


def _root(path: Path) -> Element:
    from xml.etree import ElementTree as Xml

    return Xml.fromstring(path.read_bytes())  # noqa: S314  # expat since 2.4.1 bounds the growth of entities


READERS: dict[str, Callable[[Path, Collection[str]], Any]] = {
    "coverage": _coverage,
    "junit": _junit,
    "sarif": _sarif,
    "zap": lambda path, _: zap.read(path),
    URLS: lambda path, _: zap.read_urls(path),
}
