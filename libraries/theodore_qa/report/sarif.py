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
OWN = "theodore"
LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}
SCORES = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.5", "info": "0.0"}


class FindingsReport:
    """Writes findings.sarif, without findings that two suites made alike."""

    files = ("findings.sarif",)

    def write(self, run: FinishedRun) -> list[Path]:
        """Write the file, without results if nothing was found."""
        path = run.folder / self.files[0]
        different = {(finding.get("system"), finding["fingerprint"], finding["observed"]): finding for finding in run.findings}
        save(list(different.values()), path, run.attacks, run.notice, run.judgement.problems)
        return [path]


def save(
    findings: Sequence[dict[str, Any]],
    path: Path,
    attacks: Sequence[dict[str, Any]] = (),
    notice: str = "",
    problems: Sequence[str] = (),
) -> None:
    """Write findings, and what ``attacks`` could not try, to a file; its ending decides the format."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data: dict[str, Any] = {"findings": list(findings), "attacks": list(attacks)}
    if path.suffix == ".sarif":
        data = document(findings, attacks, problems)
    if notice:
        data["properties"] = {"notice": notice}
    path.write_text(json.dumps(data, indent=2, ensure_ascii=False), encoding="utf-8")


def document(
    findings: Sequence[dict[str, Any]], attacks: Sequence[dict[str, Any]] = (), problems: Sequence[str] = ()
) -> dict[str, Any]:
    """One run for each tool and system of which something is known; a run of our own without results if nothing is.

    What an attack could not try is a result of our own that is ``open``, or ``notApplicable`` where there is nothing to try. Only
    a run with attacks says when it took place, on what, and whether it was whole, which ``problems`` prevent.
    """
    scanned = [(OWN, attack.get("system", "")) for attack in attacks]
    found = [(finding["tool"], finding.get("system", "")) for finding in findings]
    keys = list(dict.fromkeys([*scanned, *found])) or [(OWN, "")]
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(key, findings, attacks, problems) for key in keys]}


def _run(
    key: tuple[str, str],
    all_findings: Sequence[dict[str, Any]],
    all_attacks: Sequence[dict[str, Any]],
    problems: Sequence[str],
) -> dict[str, Any]:
    tool, system = key
    findings = [finding for finding in all_findings if (finding["tool"], finding.get("system", "")) == key]
    attacks = [attack for attack in all_attacks if tool == OWN and attack.get("system", "") == system]
    rules = {finding["probe"]: finding for finding in [*findings, *attacks]}
    numbers = {name: index for index, name in enumerate(rules)}
    untried = [result for attack in attacks for result in _untried(attack, numbers[attack["probe"]], system)]
    different = {json.dumps(result): result for result in untried}  # two suites may lack the same
    results = [*(_result(finding, numbers[finding["probe"]], system) for finding in findings), *different.values()]
    driver = {"name": tool, "rules": [_rule(finding) for finding in rules.values()]}
    return {"tool": {"driver": driver}} | _invocation(attacks, problems) | {"results": results}


def _invocation(attacks: Sequence[dict[str, Any]], problems: Sequence[str]) -> dict[str, Any]:
    """When attacks took place, on what, and whether they came to their end; nothing where that is not known."""
    began = min((attack["began"] for attack in attacks if attack.get("began")), default="")
    ended = max((attack["ended"] for attack in attacks if attack.get("ended")), default="")
    if not began:
        return {}
    stopped = [attack["stopped"] for attack in attacks if attack.get("stopped")]
    severe = list(dict.fromkeys([*problems, *stopped]))
    invocation: dict[str, Any] = {"executionSuccessful": not severe, "startTimeUtc": began}
    invocation |= {"endTimeUtc": ended} if ended else {}
    invocation |= {"toolExecutionNotifications": [{"level": "error", "message": {"text": text}} for text in severe]}
    bases = {attack["system"]: {"uri": f"{attack['url'].rstrip('/')}/"} for attack in attacks}
    return {"invocations": [invocation], "originalUriBaseIds": bases}


def _rule(finding: dict[str, Any]) -> dict[str, Any]:
    tags = ["security", f"external/cwe/cwe-{finding['cwe']}", *finding["owasp"]]
    tried = {name: finding[name] for name in ("tried", "sent") if name in finding}
    return {
        "id": finding["probe"],
        "shortDescription": {"text": finding["title"]},
        "help": {"text": finding["mend"] or finding["title"]},
        "properties": {"tags": list(dict.fromkeys(tags)), "security-severity": SCORES[finding["severity"]]} | tried,
    }


def _result(finding: dict[str, Any], rule: int, system: str) -> dict[str, Any]:
    result = {
        "ruleId": finding["probe"],
        "ruleIndex": rule,
        "level": LEVELS[finding["severity"]],
        "message": {"text": f"{finding['title']}: {finding['observed']}"},
        "locations": [_location(location, system) for location in finding["places"]] or [_location("-", system)],
        "partialFingerprints": {"theodore/v1": finding["fingerprint"]},
        "properties": {"severity": finding["severity"], "evidence": list(finding["evidence"])},
    }
    result |= _requested(finding["evidence"])
    if finding["accepted"]:
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": finding["accepted"]}]
    return result


def _requested(evidence: Sequence[dict[str, str]]) -> dict[str, Any]:
    """The first request that shows a finding, and the times of the first and the last one."""
    sent = [exchange for exchange in evidence if exchange.get("address") and exchange.get("sent")]
    if not sent:
        return {}
    times = sorted(exchange["sent"].replace("+00:00", "Z") for exchange in sent)
    return {
        "webRequest": {"method": sent[0]["request"].partition(" ")[0], "target": sent[0]["address"]},
        "provenance": {"firstDetectionTimeUtc": times[0], "lastDetectionTimeUtc": times[-1]},
    }


def _untried(attack: dict[str, Any], rule: int, system: str) -> Iterator[dict[str, Any]]:
    """What an attack could not try, with the reason."""
    for name in ("open", "notApplicable", "leftOut"):
        for location, reason in attack[name].items():
            result = {
                "ruleId": attack["probe"],
                "ruleIndex": rule,
                "kind": "notApplicable" if name == "notApplicable" else "open",
                "level": "none",
                "message": {"text": f"{attack['title']}: {reason}"},
                "locations": [_location(location, system)],
                "properties": {"tried": attack["tried"]},
            }
            suppressed = [{"kind": "external", "status": "accepted", "justification": reason}]
            yield result | ({"suppressions": suppressed} if name == "leftOut" else {})


def _location(location: str, system: str) -> dict[str, Any]:
    """An operation as a place: its path as the address, and its name as it is."""
    path = next((part for part in location.split() if part.startswith("/")), "/")
    base = {"uriBaseId": system} if system else {}
    return {
        "physicalLocation": {"artifactLocation": {"uri": quote(path.lstrip("/") or ".", safe="/")} | base},
        "logicalLocations": [{"fullyQualifiedName": location, "kind": "resource"}],
    }
