"""Reports of scanners, in the shapes that they have, each with the verdict at ``medium`` that is right for it.

The system is http://shop.example:8080, its source https://git.example/acme/shop, today is 2026-11-29, and seven days are recent.
"""

import json
from dataclasses import dataclass

TODAY = "2026-11-29T12:00:00Z"
HOST = "http://shop.example:8080"
SOURCE = "https://git.example/acme/shop"
GOOD, BAD, OPEN, ERROR = "PASS", "FAIL", "NOT EVALUATED", "ERROR"


@dataclass(frozen=True)
class Report:
    """A report and what is to be read from it: of its worst finding severity, CWE and number of places, or part of a reason."""

    text: str
    verdict: str
    worst: str = ""
    cwe: int = 0
    places: int = 1
    says: str = ""


def zap(*sites, generated="Sat, 28 Nov 2026 10:00:00", **more):
    head = {"@programName": "ZAP", "@version": "2.12.0"} | ({"@generated": generated} if generated else {})
    return json.dumps(head | more | {"site": list(sites)})


def site(*alerts, name=HOST, host="shop.example", port="8080"):
    return {"@name": name, "@host": host, "@port": port, "@ssl": "false", "alerts": list(alerts)}


def alert(risk="3", confidence="2", uris=("/a",), **more):
    return {
        "pluginid": "40018", "alertRef": "40018", "alert": "SQL Injection", "name": "SQL Injection", "riskcode": risk,
        "confidence": confidence, "riskdesc": "High (Medium)", "desc": "<p>It may be possible.</p>",
        "instances": [{"uri": f"{HOST}{uri}", "method": "GET", "param": "q", "attack": "'", "evidence": ""} for uri in uris],
        "count": str(len(uris)), "solution": "<p>Bind parameters.</p>", "cweid": "89", "wascid": "19",
    } | more  # fmt: skip


def zap_xml(inner, attributes='version="2.9.0" generated="Sat, 28 Nov 2026 10:00:00"'):
    shop = f'<site name="{HOST}" host="shop.example" port="8080" ssl="false"><alerts>{inner}</alerts></site>'
    return f'<?xml version="1.0"?><OWASPZAPReport {attributes}>{shop}</OWASPZAPReport>'


def instances(number):
    return "".join(f"<instance><uri>{HOST}/p{n}</uri><method>GET</method><param>q</param></instance>" for n in range(number))


def xml_alert(number):
    return (
        "<alertitem><pluginid>40012</pluginid><alert>XSS</alert><name>XSS</name><riskcode>3</riskcode><confidence>2</confidence>"
        f"<cweid>79</cweid><desc>&lt;p&gt;x&lt;/p&gt;</desc><instances>{instances(number)}</instances></alertitem>"
    )


def sarif(*runs):
    return json.dumps({"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": list(runs)})


def run(name, rules=(), results=(), **more):
    return {"tool": {"driver": {"name": name, "rules": list(rules)}}, "results": list(results)} | more


def at(uri, line=9):
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": line}}}


def result(rule="R1", text="It is weak.", **more):
    return {"ruleId": rule, "message": {"text": text}, "locations": [at("app.py")]} | more


# A run that says when it ended, that it went well, and of which source it is.
PROVED = {
    "invocations": [{"executionSuccessful": True, "endTimeUtc": "2026-11-28T10:00:00Z"}],
    "versionControlProvenance": [{"repositoryUri": SOURCE, "revisionId": "4f2a"}],
}
RECENT = {"invocations": PROVED["invocations"]}
GRAVE = {"id": "R1", "properties": {"security-severity": "9.8"}}
SQL = {"name": "CWE", "taxa": [{"id": "352"}, {"id": "89"}]}

REPORTS = {
    # ZAP
    "zap 2.9, one site": Report(
        json.dumps(json.loads(zap(generated="Sat, 28 Nov 2026 10:00:00")) | {"site": site(alert(uris=("/a", "/b")))}), BAD, "high", 89, 2,
    ),
    "zap without alerts": Report(zap(site()), GOOD),
    "zap 2.16 with an ISO time": Report(zap(site(), generated="Sa., 28 Nov. 2026 10:00:00", created="2026-11-28T10:00:00.123456789Z"), GOOD),
    "zap xml without alerts": Report(zap_xml(""), GOOD),
    "zap xml with sixty places": Report(zap_xml(xml_alert(60)), BAD, "high", 79, 60),
    "zap false positive": Report(zap(site(alert(confidence="0"))), GOOD),
    "zap of another year": Report(zap(site(), generated="Mon, 3 Feb 2020 10:00:00"), OPEN, says="2020-02-03"),
    "zap of the future": Report(zap(site(), generated="Mon, 3 Feb 2031 10:00:00"), OPEN, says="2031-02-03"),
    "zap without a time": Report(zap(site(), generated=""), OPEN, says="time"),
    "zap of another host": Report(zap(site(name="https://other.example", host="other.example", port="443")), OPEN, says="other.example"),
    "zap of another port": Report(zap(site(name="http://shop.example:9000", port="9000")), OPEN, says="9000"),
    "zap without sites": Report(zap(), OPEN, says="no site"),
    "zap also of another host": Report(
        zap(site(), site(alert(), name="https://cdn.example", host="cdn.example", port="443")), GOOD
    ),
    "zap systemic": Report(zap(site(alert(instances=[], systemic=True, count="5"))), BAD, "high", 89, 1),
    # What a run says of itself
    "no runs": Report(sarif(), OPEN, says="no run"),
    "results not computed": Report(sarif(run("Tool", **PROVED) | {"results": None}), OPEN, says="no results"),
    "results left out": Report(sarif({"tool": {"driver": {"name": "Tool"}}, **PROVED}), OPEN, says="no results"),
    "failed run": Report(sarif(run("Tool", **PROVED | {"invocations": [{"executionSuccessful": False, "endTimeUtc": TODAY}]})), OPEN, says="failed"),
    "failed run that found something": Report(
        sarif(run("Tool", [GRAVE], [result()], invocations=[{"executionSuccessful": False}])), BAD, "critical"
    ),
    "second run failed": Report(
        sarif(run("Tool", **PROVED), run("Tool", **PROVED | {"invocations": [{"executionSuccessful": False, "endTimeUtc": TODAY}]})), OPEN, says="failed"
    ),
    "incomplete run": Report(
        sarif(run("Tool", **PROVED | {"invocations": [{"executionSuccessful": True, "endTimeUtc": TODAY, "toolExecutionNotifications": [
            {"level": "error", "message": {"text": "app.py cannot be parsed"}}]}]})), OPEN, says="app.py cannot be parsed",
    ),
    "clean run": Report(sarif(run("Tool", **PROVED)), GOOD),
    "clean run of nobody knows what": Report(sarif(run("Tool", **RECENT)), OPEN, says="shop.example"),
    "clean run of another source": Report(
        sarif(run("Tool", **RECENT, versionControlProvenance=[{"repositoryUri": "https://git.example/acme/till"}])), OPEN, says="acme/till"
    ),
    "results that are undecided": Report(sarif(run("Tool", [GRAVE], [result(kind="open", level="none")], **PROVED)), OPEN, says="undecided"),
    # CodeQL: rules in extensions, the time in notifications
    "codeql": Report(
        sarif({"tool": {"driver": {"name": "CodeQL", "rules": []}, "extensions": [{"name": "codeql/python-queries", "rules": [
            {"id": "py/sql-injection", "shortDescription": {"text": "SQL query built from user-controlled sources"},
             "defaultConfiguration": {"level": "error"}, "properties": {"tags": ["security", "external/cwe/cwe-089"], "security-severity": "8.8"}}]}]},
            "results": [{"rule": {"index": 0, "toolComponent": {"index": 0}}, "ruleId": "py/sql-injection", "message": {"text": "m"}, "locations": [at("app.py")]}]}),
        BAD, "high", 89,
    ),
    "codeql without findings": Report(
        sarif(run("CodeQL", versionControlProvenance=PROVED["versionControlProvenance"], invocations=[{"executionSuccessful": True,
            "toolExecutionNotifications": [{"level": "none", "timeUtc": "2026-11-28T10:00:00.5Z", "message": {"text": ""}}]}])), GOOD,
    ),
    "semgrep": Report(
        sarif(run("Semgrep OSS", [{"id": "python.sqli", "defaultConfiguration": {"level": "error"}, "properties": {"precision": "very-high",
            "tags": ["CWE-89: Improper Neutralization", "HIGH CONFIDENCE", "OWASP-A03:2021 - Injection", "security"]}}],
            [{**result("python.sqli"), "fingerprints": {"matchBasedId/v1": "x"}}], invocations=[{"executionSuccessful": True, "toolExecutionNotifications": []}])),
        BAD, "high", 89,
    ),
    "trivy": Report(
        sarif(run("Trivy", [{"id": "CVE-2026-1", "name": "OsPackageVulnerability", "properties": {"precision": "very-high",
            "security-severity": "9.8", "tags": ["vulnerability", "security", "CRITICAL"]}, "defaultConfiguration": {"level": "error"}}],
            [{"ruleId": "CVE-2026-1", "ruleIndex": 0, "level": "error", "message": {"text": "Package: openssl"}, "locations": [at("library/shop", 1), at("usr/lib", 1)]}],
            properties={"imageName": "shop:1.4"})), BAD, "critical", 0, 2,
    ),
    "trivy by words": Report(
        sarif(run("Trivy", [{"id": "AVD-1", "properties": {"tags": ["misconfiguration", "security", "CRITICAL"]}}], [result("AVD-1")])), BAD, "critical"
    ),
    "snyk": Report(
        sarif(run("Snyk Open Source", [{"id": "SNYK-JS-1", "properties": {"cvssv3_baseScore": 9.8, "cwe": ["CWE-1321"], "tags": ["security", "npm"]}}],
            [result("SNYK-JS-1", level="error")])), BAD, "critical", 1321,
    ),
    "bandit": Report(
        sarif(run("Bandit", [{"id": "B602", "properties": {"tags": ["security", "external/cwe/cwe-78"], "precision": "high"}}],
            [result("B602", ruleIndex=0, level="error", properties={"issue_confidence": "HIGH", "issue_severity": "HIGH"})],
            invocations=[{"executionSuccessful": True, "endTimeUtc": "2026-11-28T10:00:00Z"}])), BAD, "high", 78,
    ),
    "gosec": Report(
        sarif(run("gosec", [{"id": "G401", "defaultConfiguration": {"level": "error"}, "properties": {"precision": "high", "tags": ["security", "HIGH"]},
            "relationships": [{"target": {"id": "327", "toolComponent": {"name": "CWE"}}, "kinds": ["superset"]}]}], [result("G401", ruleIndex=0)],
            taxonomies=[{"name": "CWE", "taxa": [{"id": "327"}]}])), BAD, "high", 327,
    ),
    "grype": Report(
        sarif(run("Grype", [{"id": "CVE-2026-2-curl", "properties": {"security-severity": "7.5", "purls": ["pkg:deb/curl"]}}],
            [result("CVE-2026-2-curl", level="note")])), BAD, "high",
    ),
    "gitleaks": Report(sarif(run("gitleaks", [{"id": "aws-key"}], [result("aws-key", "A key is in commit 4f2a.")])), OPEN, says="time"),
    "zap's sarif": Report(
        sarif(run("ZAP", [{"id": "40018", "name": "SQL Injection", "defaultConfiguration": {"level": "error"},
            "relationships": [{"target": {"id": "19", "toolComponent": {"name": "WASC"}}}, {"target": {"id": "89", "toolComponent": {"name": "CWE"}}}]}],
            [{"ruleId": "40018", "level": "error", "message": {"text": "m"}, "locations": [at(f"{HOST}/a?q=1", 1)], "webRequest": {"method": "GET", "target": f"{HOST}/a?q=1"}}])),
        BAD, "high", 89,
    ),
    # Rules
    "rule by index alone": Report(sarif(run("Tool", [{**GRAVE, "properties": {"security-severity": "9.8", "tags": ["CWE-89: SQLi"]}}],
        [{"ruleIndex": 0, "message": {"text": "m"}}])), BAD, "critical", 89),
    "rule by the first part of its id": Report(sarif(run("Tool", [GRAVE], [result("R1/literal")])), BAD, "critical"),
    "level overridden for the run": Report(
        sarif(run("Tool", [{"id": "R1", "defaultConfiguration": {"level": "note"}}], [result()], invocations=[{"executionSuccessful": True,
            "ruleConfigurationOverrides": [{"descriptor": {"id": "R1"}, "configuration": {"level": "error"}}]}])), BAD, "high",
    ),
    "cwe by taxa": Report(sarif(run("Tool", [GRAVE], [result(taxa=[{"index": 1, "toolComponent": {"name": "CWE", "index": 0}}])], taxonomies=[SQL])), BAD, "critical", 89),
    "cwe as a number": Report(sarif(run("Tool", [{**GRAVE, "properties": {"security-severity": "9.8", "cwe": 89}}], [result()])), BAD, "critical", 89),
    "message by id": Report(
        sarif(run("Tool", [{"id": "R1", "messageStrings": {"default": {"text": "Flow from {0} to '{{x}}'"}}, "defaultConfiguration": {"level": "error"}}],
            [{"ruleId": "R1", "message": {"id": "default", "arguments": ["the form"]}}])), BAD, "high", says="Flow from the form to '{x}'",
    ),
    # Severities
    "severity as a word": Report(sarif(run("Tool", [{"id": "R1", "properties": {"severity": "Critical"}}], [result(level="warning")])), BAD, "critical"),
    "security-severity as a word": Report(sarif(run("Tool", [{"id": "R1", "properties": {"security-severity": "high"}}], [result()])), BAD, "high"),
    "cvss vector": Report(
        sarif(run("Tool", [{"id": "R1", "properties": {"cvss": {"vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}}}], [result(level="note")])), BAD, "critical"
    ),
    "score that is none": Report(sarif(run("Tool", [{"id": "R1", "properties": {"security-severity": "NaN"}}], [result(level="error")])), BAD, "high"),
    # What does not count, and what does
    "kinds that are no weakness": Report(
        sarif(run("Tool", [GRAVE], [result(kind=kind, level="none") for kind in ("pass", "notApplicable", "informational")], **PROVED)), GOOD
    ),
    "gone since the baseline": Report(sarif(run("Tool", [GRAVE], [result(baselineState="absent")], **PROVED)), GOOD),
    "known since the baseline": Report(sarif(run("Tool", [GRAVE], [result(baselineState="unchanged")], **PROVED)), BAD, "critical"),
    "suppressed": Report(sarif(run("Tool", [GRAVE], [result(suppressions=[{"kind": "inSource", "justification": "a test"}])], **PROVED)), GOOD),
    "suppression rejected": Report(
        sarif(run("Tool", [GRAVE], [result(suppressions=[{"kind": "external"}, {"kind": "external", "status": "rejected"}])], **PROVED)), BAD, "critical"
    ),
    "suppressed at one of two places": Report(
        sarif(run("Tool", [GRAVE], [result(suppressions=[{"kind": "inSource"}]), result(locations=[at("b.py")])], **PROVED)), BAD, "critical"
    ),
    # What is no report
    "half a json": Report(zap(site(alert()))[:120], ERROR, says="damaged or cut off"),
    "half an xml": Report(zap_xml(xml_alert(2))[:200], ERROR, says="damaged or cut off"),
    "empty": Report(" \n", ERROR, says="is empty"),
    "html": Report("<html><body>502 Bad Gateway</body></html>", ERROR, says="its root is html"),
    "other json": Report('{"results": []}', ERROR, says="none that is known"),
    "sarif of another version": Report('{"version": "1.0.0", "runs": []}', ERROR, says="1.0.0"),
    "fifty megabytes": Report('{"version": "2.1.0", "runs": [' + " " * 52_000_000 + "]}", ERROR, says="50 MB"),
    "deep nesting": Report("[" * 200_000, ERROR, says="nested"),
    "entity bomb": Report(
        '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]><OWASPZAPReport>&c;</OWASPZAPReport>', ERROR, says="document type"
    ),
    "results that are no list": Report(sarif(run("Tool", **PROVED) | {"results": {}}), ERROR, says="lacks"),
    "alerts that are no list": Report(zap(site() | {"alerts": {"alertitem": alert()}}), ERROR, says="lacks"),
    "a site without alerts": Report('<OWASPZAPReport generated="Sat, 28 Nov 2026 10:00:00"><site name="http://shop.example:8080"/></OWASPZAPReport>', ERROR, says="lacks"),
    "a number beyond all": Report(zap(site(alert(cweid=1e400))), ERROR, says="lacks"),
    "success that is not said": Report(sarif(run("Tool", **PROVED | {"invocations": [{"endTimeUtc": TODAY}]})), OPEN, says="does not say that the run was successful"),
    "rules of another kind": Report('{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x", "rules": "none"}}, "results": "none"}]}', ERROR, says="lacks"),
}  # fmt: skip
