"""Findings of other tools: reports of OWASP ZAP in JSON and XML, and SARIF."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any, TYPE_CHECKING
from urllib.parse import urlsplit

from SecurityLibrary.findings import Finding, Severity
from theodore_qa.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

ZAP_RISKS = (Severity.INFO, Severity.LOW, Severity.MEDIUM, Severity.HIGH)
NO_FINDINGS = ("pass", "open", "notApplicable")  # kinds of results that report no weakness
LEVELS = {"error": Severity.HIGH, "warning": Severity.MEDIUM, "note": Severity.LOW, "none": Severity.INFO}
SCORES = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM), (0.1, Severity.LOW), (0.0, Severity.INFO))
MARKUP = re.compile(r"<[^>]+>")
CWE = re.compile(r"(?i)cwe[-/ ]?(\d+)")


def read(path: Path) -> list[Finding]:
    """The findings of a report; a file that is none, or is cut off, is an error that says so."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"The report {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise UsageError(f"The report {path} is not text in UTF-8.") from None
    if not text.strip():
        raise UsageError(f"The report {path} is empty.")
    try:
        if text.lstrip().startswith("<"):
            return _zap_xml(text)
        data = json.loads(text)
        if isinstance(data, dict) and "runs" in data:
            return [finding for run in data["runs"] for finding in _sarif(run)]
        if isinstance(data, dict) and "site" in data:
            sites = data["site"] if isinstance(data["site"], list) else [data["site"]]
            return [_alert(alert) for site in sites for alert in site.get("alerts", [])]
    except ValueError as error:
        raise UsageError(f"The report {path} is damaged or cut off: {error}.") from None
    except (KeyError, TypeError, AttributeError, IndexError):
        raise UsageError(f"The report {path} lacks what a report of its kind has.") from None
    raise UsageError(f"The report {path} is none that is known: expected one of OWASP ZAP (JSON or XML), or SARIF.")


def _alert(alert: dict[str, Any]) -> Finding:
    """An alert of ZAP, of its report or of its API."""
    instances = alert.get("instances") or [alert]
    locations = tuple(
        dict.fromkeys(
            f"{hit.get('method', 'GET')} {_path(hit.get('uri') or hit.get('url', ''))} {hit.get('param', '')}".strip()
            for hit in instances
        )
    )
    named = str(alert.get("risk", "")).upper()
    risk = ZAP_RISKS[int(alert["riskcode"])] if "riskcode" in alert else Severity[named.replace("INFORMATIONAL", "INFO")]
    first = instances[0]
    return Finding(
        f"zap-{alert.get('alertRef') or alert.get('pluginid') or alert.get('pluginId')}",
        str(alert.get("name") or alert["alert"]),
        risk,
        max(0, int(alert.get("cweid") or 0)),
        (),
        locations,
        _plain(first.get("evidence") or alert.get("otherinfo") or alert.get("desc") or alert.get("description", ""))[:300],
        _plain(alert.get("solution", "")),
        tool="OWASP ZAP",
    )


def from_zap_api(alerts: list[dict[str, Any]]) -> list[Finding]:
    """The alerts that ZAP's API lists."""
    return [_alert(alert) for alert in alerts]


def _zap_xml(text: str) -> list[Finding]:
    import xml.etree.ElementTree as ElementTree  # noqa: PLR0402  # the module's own name

    if re.search(r"<!(?:DOCTYPE|ENTITY)", text):
        raise ValueError("it holds a document type, which reports of ZAP do not have")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314  # without document types there are no entities
    except ElementTree.ParseError as error:
        raise ValueError(str(error)) from None
    if root.tag != "OWASPZAPReport":
        raise ValueError(f"its root is {root.tag}, expected OWASPZAPReport")
    found = []
    for item in root.iter("alertitem"):
        alert: dict[str, Any] = {child.tag: child.text or "" for child in item if child.tag != "instances"}
        alert["instances"] = [{part.tag: part.text or "" for part in instance} for instance in item.iter("instance")]
        found.append(_alert(alert))
    return found


def _sarif(run: dict[str, Any]) -> list[Finding]:
    driver = run["tool"]["driver"]
    rules = {rule["id"]: rule for rule in driver.get("rules", [])}
    found = []
    for result in run.get("results") or []:
        if result.get("kind", "fail") in NO_FINDINGS:
            continue
        if any(suppression.get("status", "accepted") == "accepted" for suppression in result.get("suppressions", [])):
            accepted = result["suppressions"][0].get("justification") or "suppressed in the report"
        else:
            accepted = ""
        identifier = result.get("ruleId") or result.get("rule", {}).get("id") or "-"
        rule = rules.get(identifier, {})
        properties = rule.get("properties", {})
        tags = [str(tag) for tag in properties.get("tags", [])]
        cwe = next((int(match[1]) for tag in tags if (match := CWE.search(tag))), 0)
        found.append(
            Finding(
                str(identifier),
                rule.get("shortDescription", {}).get("text") or rule.get("name") or str(identifier),
                _level(result, rule),
                cwe,
                tuple(tag for tag in tags if re.match(r"A(PI)?\d+:20", tag)),
                tuple(_location(location) for location in result.get("locations", [])) or ("-",),
                str(result.get("message", {}).get("text", ""))[:300],
                str(rule.get("help", {}).get("text", "")),
                tool=str(driver["name"]),
                accepted=accepted,
            )
        )
    return found


def _level(result: dict[str, Any], rule: dict[str, Any]) -> Severity:
    score = result.get("properties", {}).get("security-severity") or rule.get("properties", {}).get("security-severity")
    if score is not None:
        return next(severity for least, severity in SCORES if float(score) >= least)
    level = result.get("level") or rule.get("defaultConfiguration", {}).get("level") or "warning"
    return LEVELS.get(level, Severity.MEDIUM)


def _location(location: dict[str, Any]) -> str:
    for logical in location.get("logicalLocations", []):
        if name := logical.get("fullyQualifiedName") or logical.get("name"):
            return str(name)
    physical = location.get("physicalLocation", {})
    line = physical.get("region", {}).get("startLine")
    return str(physical.get("artifactLocation", {}).get("uri", "-")) + (f":{line}" if line else "")


def _path(uri: str) -> str:
    parts = urlsplit(uri)
    return parts.path + (f"?{parts.query}" if parts.query else "") or "/"


def _plain(text: object) -> str:
    return re.sub(r"\s+", " ", MARKUP.sub(" ", unescape(str(text or "")))).strip()
