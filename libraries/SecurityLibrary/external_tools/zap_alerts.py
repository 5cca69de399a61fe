"""Alerts of OWASP ZAP: of its reports in JSON and XML, and of its API."""

from __future__ import annotations

import re
from html import unescape
from typing import Any, TYPE_CHECKING

from SecurityLibrary.external_tools.tool_runs import path_of, ToolRun
from SecurityLibrary.findings.finding import Finding, Severity
from theodore_qa.timing import moment

if TYPE_CHECKING:
    import datetime as dt

TOOL = "OWASP ZAP"
RISKS = {"0": Severity.INFO, "1": Severity.LOW, "2": Severity.MEDIUM, "3": Severity.HIGH}
FALSE_POSITIVE = ("0", "false positive")
MARKUP = re.compile(r"<[^>]+>")


def from_json(data: dict[str, Any]) -> list[ToolRun]:
    """The sites of a report, each a run of its own: ZAP also lists alerts of hosts that it only came across."""
    sites = data["site"] if isinstance(data["site"], list) else [data["site"]]
    at = moment(str(data.get("created", ""))) or moment(str(data.get("@generated", "")))
    if not sites:
        return [ToolRun(TOOL, (), at, incomplete="it names no site, so that it reached none")]
    return [_run(site, at) for site in sites]


def _run(site: dict[str, Any], at: dt.datetime | None) -> ToolRun:
    address = str(site.get("@name") or "")
    if site.get("@host") and not address:
        scheme = "https" if str(site.get("@ssl")).lower() == "true" else "http"
        address = f"{scheme}://{site['@host']}:{site['@port']}"
    if not isinstance(site["alerts"], list):
        raise TypeError("alerts are a list")
    findings = tuple(_alert(alert, address) for alert in site["alerts"])
    return ToolRun(TOOL, findings, at, (address,) if address else ())


def from_xml(text: str) -> list[ToolRun]:
    """The sites of a report in XML, by the names that they have in JSON."""
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root = fromstring(text, forbid_dtd=True)
    except ParseError as error:
        raise ValueError(str(error)) from None
    except DefusedXmlException:
        raise ValueError("it holds a document type, which reports of ZAP do not have") from None
    if root.tag != "OWASPZAPReport":
        raise ValueError(f"its root is {root.tag}, expected OWASPZAPReport")
    sites = [
        {f"@{name}": value for name, value in site.attrib.items()}
        | ({"alerts": [_fields(item) for item in site.iter("alertitem")]} if site.find("alerts") is not None else {})
        for site in root.iter("site")
    ]
    return from_json({"site": sites, "created": root.get("created", ""), "@generated": root.get("generated", "")})


def from_api(alerts: list[dict[str, Any]]) -> list[Finding]:
    """The alerts that ZAP's API lists."""
    return [_alert(alert, "") for alert in alerts]


def _fields(item: Any) -> dict[str, Any]:
    alert: dict[str, Any] = {child.tag: child.text or "" for child in item if child.tag != "instances"}
    alert["instances"] = [{part.tag: part.text or "" for part in instance} for instance in item.iter("instance")]
    return alert


def _alert(alert: dict[str, Any], site: str) -> Finding:
    """An alert with all its instances; one that affects a whole site may come without them."""
    instances = alert.get("instances") or ([alert] if "url" in alert else [])
    places = [
        f"{hit.get('method') or 'GET'} {path_of(hit.get('uri') or hit.get('url') or '')} {hit.get('param') or ''}".strip()
        for hit in instances
    ] or [f"all of {site or 'the site'} ({alert.get('count', '?')} places)"]
    first = instances[0] if instances else {}
    confidence = str(alert.get("confidence", "")).lower()
    described = alert.get("otherinfo") or alert.get("desc") or alert.get("description", "")
    return Finding(
        f"zap-{alert.get('alertRef') or alert.get('pluginid') or alert.get('pluginId')}",
        str(alert.get("name") or alert["alert"]),
        _risk(alert),
        max(0, int(alert.get("cweid") or 0)),
        (),
        tuple(dict.fromkeys(places)),
        plain(first.get("evidence") or described)[:300],
        plain(alert.get("solution", "")),
        tool=TOOL,
        accepted="marked as a false positive in ZAP" if confidence in FALSE_POSITIVE else "",
    )


def _risk(alert: dict[str, Any]) -> Severity:
    if "riskcode" in alert:
        return RISKS[str(alert["riskcode"])]
    return Severity[str(alert.get("risk", "")).upper().replace("INFORMATIONAL", "INFO")]


def plain(text: object) -> str:
    """A text without markup, on one line."""
    return re.sub(r"\s+", " ", MARKUP.sub(" ", unescape(str(text or "")))).strip()
