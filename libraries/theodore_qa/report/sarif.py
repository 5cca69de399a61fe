"""Findings as SARIF 2.1.0, the format in which code hosts and other tools take them, and as plain JSON."""

from __future__ import annotations

import json
from typing import Any, TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Sequence
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
        save(list(different.values()), path)
        return [path]


def save(findings: Sequence[dict[str, Any]], path: Path) -> None:
    """Write findings to a file; its ending decides the format."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = document(findings) if path.suffix == ".sarif" else {"findings": list(findings)}
    path.write_text(json.dumps(data, indent=2, ensure_ascii=False), encoding="utf-8")


def document(findings: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One run for each tool that found something; a run of our own without results if nothing was found."""
    tools = list(dict.fromkeys(one["tool"] for one in findings)) or ["theodore"]
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [_run(tool, [one for one in findings if one["tool"] == tool]) for tool in tools],
    }


def _run(tool: str, findings: list[dict[str, Any]]) -> dict[str, Any]:
    rules = {one["probe"]: one for one in findings}
    numbers = {name: index for index, name in enumerate(rules)}
    return {
        "tool": {"driver": {"name": tool, "rules": [_rule(one) for one in rules.values()]}},
        "results": [_result(one, numbers[one["probe"]]) for one in findings],
    }


def _rule(one: dict[str, Any]) -> dict[str, Any]:
    tags = ["security", f"external/cwe/cwe-{one['cwe']}", *one["owasp"]]
    return {
        "id": one["probe"],
        "shortDescription": {"text": one["title"]},
        "help": {"text": one["mend"] or one["title"]},
        "properties": {"tags": tags, "security-severity": SCORES[one["severity"]]},
    }


def _result(one: dict[str, Any], rule: int) -> dict[str, Any]:
    result = {
        "ruleId": one["probe"],
        "ruleIndex": rule,
        "level": LEVELS[one["severity"]],
        "message": {"text": f"{one['title']}: {one['observed']}"},
        "locations": [_location(place) for place in one["places"]] or [_location("-")],
        "partialFingerprints": {"theodore/v1": one["fingerprint"]},
        "properties": {"severity": one["severity"], "evidence": list(one["evidence"])},
    }
    if one["accepted"]:
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": one["accepted"]}]
    return result


def _location(place: str) -> dict[str, Any]:
    """An operation as a place: its path as the address, and its name as it is."""
    path = next((part for part in place.split() if part.startswith("/")), "/")
    return {
        "physicalLocation": {"artifactLocation": {"uri": quote(path.lstrip("/") or ".", safe="/")}},
        "logicalLocations": [{"fullyQualifiedName": place, "kind": "resource"}],
    }
