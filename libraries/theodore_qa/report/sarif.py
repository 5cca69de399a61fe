"""Findings as SARIF 2.1.0, the format in which code hosts and other tools take them, and as plain JSON."""

from __future__ import annotations

import json
from typing import Any, TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from theodore_qa.run.finished import FinishedRun

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}
SCORES = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.5", "info": "0.0"}


class FindingsReport:
    """Writes findings.sarif, without findings that two suites made alike."""

    files = ("findings.sarif",)

    def write(self, run: FinishedRun) -> list[Path]:
        """Write the file, without results if nothing was found."""
        path = run.folder / self.files[0]
        different = {(finding["fingerprint"], finding["observed"]): finding for finding in run.findings}
        save(list(different.values()), path, run.attacks, run.notice)
        return [path]


def save(findings: Sequence[dict[str, Any]], path: Path, attacks: Sequence[dict[str, Any]] = (), notice: str = "") -> None:
    """Write findings, and what ``attacks`` could not try, to a file; its ending decides the format."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data: dict[str, Any] = {"findings": list(findings), "attacks": list(attacks)}
    if path.suffix == ".sarif":
        data = document(findings, attacks)
    if notice:
        data["properties"] = {"notice": notice}
    path.write_text(json.dumps(data, indent=2, ensure_ascii=False), encoding="utf-8")


def document(findings: Sequence[dict[str, Any]], attacks: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    """One run for each tool that found something; a run of our own without results if nothing was found.

    What an attack could not try is a result of our own that is ``open``, or ``notApplicable`` where there is nothing to try.
    """
    own = ["theodore"] if attacks else []
    tools = list(dict.fromkeys([*own, *(finding["tool"] for finding in findings)])) or ["theodore"]
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            _run(tool, [finding for finding in findings if finding["tool"] == tool], attacks if tool == "theodore" else ())
            for tool in tools
        ],
    }


def _run(tool: str, findings: list[dict[str, Any]], attacks: Sequence[dict[str, Any]]) -> dict[str, Any]:
    rules = {finding["probe"]: finding for finding in [*attacks, *findings]}
    numbers = {name: index for index, name in enumerate(rules)}
    return {
        "tool": {"driver": {"name": tool, "rules": [_rule(finding) for finding in rules.values()]}},
        "results": [
            *(_result(finding, numbers[finding["probe"]]) for finding in findings),
            *(untried for attack in attacks for untried in _untried(attack, numbers[attack["probe"]])),
        ],
    }


def _rule(finding: dict[str, Any]) -> dict[str, Any]:
    tags = ["security", f"external/cwe/cwe-{finding['cwe']}", *finding["owasp"]]
    return {
        "id": finding["probe"],
        "shortDescription": {"text": finding["title"]},
        "help": {"text": finding["mend"] or finding["title"]},
        "properties": {"tags": tags, "security-severity": SCORES[finding["severity"]]},
    }


def _result(finding: dict[str, Any], rule: int) -> dict[str, Any]:
    result = {
        "ruleId": finding["probe"],
        "ruleIndex": rule,
        "level": LEVELS[finding["severity"]],
        "message": {"text": f"{finding['title']}: {finding['observed']}"},
        "locations": [_location(location) for location in finding["places"]] or [_location("-")],
        "partialFingerprints": {"theodore/v1": finding["fingerprint"]},
        "properties": {"severity": finding["severity"], "evidence": list(finding["evidence"])},
    }
    if finding["accepted"]:
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": finding["accepted"]}]
    return result


def _untried(attack: dict[str, Any], rule: int) -> Iterator[dict[str, Any]]:
    """What an attack could not try, with the reason."""
    for name in ("open", "notApplicable", "leftOut"):
        for location, reason in attack[name].items():
            result = {
                "ruleId": attack["probe"],
                "ruleIndex": rule,
                "kind": "notApplicable" if name == "notApplicable" else "open",
                "level": "none",
                "message": {"text": f"{attack['title']}: {reason}"},
                "locations": [_location(location)],
                "properties": {"tried": attack["tried"]},
            }
            suppressed = [{"kind": "external", "status": "accepted", "justification": reason}]
            yield result | ({"suppressions": suppressed} if name == "leftOut" else {})


def _location(location: str) -> dict[str, Any]:
    """An operation as a place: its path as the address, and its name as it is."""
    path = next((part for part in location.split() if part.startswith("/")), "/")
    return {
        "physicalLocation": {"artifactLocation": {"uri": quote(path.lstrip("/") or ".", safe="/")}},
        "logicalLocations": [{"fullyQualifiedName": location, "kind": "resource"}],
    }
