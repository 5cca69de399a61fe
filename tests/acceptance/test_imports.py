"""Imported reports are judged by what they are evidence of: each in a suite of its own, since findings are those of a suite."""

import datetime as dt
import json
import subprocess

import pytest
import robot_runs
from robot.api import ExecutionResult

URL = "http://127.0.0.1:18082"
ENVIRONMENT = """name: shop
kind: test
hosts: [127.0.0.1]
systems: {shop: {url: "%s", operations: [GET /x]}}
not_available:
  security.imports.target.bandit.sarif: {reason: Bandit names no repository, owner: qa, until: 2099-01-01}
"""
NOW = dt.datetime.now(dt.UTC)
OLD = NOW - dt.timedelta(days=20)


def zap(at=NOW, url=URL, risk="3", confidence="2", alerts=1):
    alert = {"pluginid": "40018", "name": "SQL Injection", "riskcode": risk, "confidence": confidence, "cweid": "89", "count": "1",
        "instances": [{"uri": f"{url}/x", "method": "GET", "param": "q"}]}  # fmt: skip
    return {"@programName": "ZAP", "created": at.isoformat(), "site": [{"@name": url, "alerts": [alert] * alerts}]}


def bandit(at=NOW, successful=True, level=None):
    results = [{"ruleId": "B602", "level": level, "message": {"text": "A shell is started."}}] if level else []
    invocations = [{"executionSuccessful": successful, "endTimeUtc": at.isoformat()}]
    return {
        "version": "2.1.0",
        "runs": [{"tool": {"driver": {"name": "Bandit"}}, "results": results, "invocations": invocations}],
    }


IMPORT = "Import Findings    ${CURDIR}/FILE"
# Each suite with the file that it imports, how it does, and the test's status and message.
SUITES = {
    "clean": ("zap.json", zap(alerts=0), IMPORT, "PASS", ""),
    "grave": ("zap.json", zap(), IMPORT, "FAIL", "security.findings: expected no finding above medium, observed high: SQL Injection (CWE-89) at GET /x q"),
    "false_positive": ("zap.json", zap(confidence="0"), IMPORT, "PASS", ""),
    "old": ("zap.json", zap(OLD, alerts=0), IMPORT, "FAIL", f"NOT EVALUATED: security.imports: expected a run on {URL}, at most 7 days old, "
        f"observed zap.json: OWASP ZAP: it ran on {OLD:%Y-%m-%d}, 20 days ago, expected at most 7 days."),
    "old_but_allowed": ("zap.json", zap(OLD, alerts=0), f"{IMPORT}    older_than=30 days", "PASS", ""),
    "elsewhere": ("zap.json", zap(url="http://127.0.0.1:9"), IMPORT, "FAIL", f"NOT EVALUATED: security.imports: expected a run on {URL}, at most 7 days old, "
        f"observed zap.json: it is of http://127.0.0.1:9, not of {URL}."),
    "named_otherwise": ("zap.json", zap(url="http://shop:8080", alerts=0), f"{IMPORT}    http://shop:8080", "PASS", ""),
    "waived": ("bandit.sarif", bandit(), IMPORT, "PASS", ""),
    "not_waived": ("other.sarif", bandit(), IMPORT, "FAIL", f"NOT EVALUATED: security.imports: expected a run on {URL}, at most 7 days old, "
        f"observed other.sarif: Bandit: it does not say what it looked at, expected {URL}."),
    "failed": ("bandit.sarif", bandit(successful=False), IMPORT, "FAIL", f"NOT EVALUATED: security.imports: expected a run on {URL}, at most 7 days old, "
        "observed bandit.sarif: Bandit: the run failed."),
    "failed_and_grave": ("bandit.sarif", bandit(successful=False, level="error"), IMPORT, "FAIL",
        "security.findings: expected no finding above medium, observed high: B602 (CWE-0) at -: A shell is started."),
}  # fmt: skip


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("imports")
    (folder / "shop.yaml").write_text(ENVIRONMENT % URL)
    for name, (file, report, row, _, _) in SUITES.items():
        own = folder / "suites" / name
        own.mkdir(parents=True)
        (own / file).write_text(json.dumps(report))
        text = f"*** Settings ***\nLibrary    SecurityLibrary\n\n*** Test Cases ***\n{name}\n    {row.replace('FILE', file)}\n"
        (own / "import.robot").write_text(f"{text}    Findings Should Not Exceed    medium\n")
    environment = robot_runs.own_environment()
    command = robot_runs.command(folder / "out")
    environment["THEODORE_ENVIRONMENT"] = str(folder / "shop.yaml")
    subprocess.run([*command, str(folder / "suites")], env=environment, capture_output=True, timeout=900, check=False)
    return {test.name: test for test in ExecutionResult(folder / "out" / "output.xml").suite.all_tests}


@pytest.mark.xdist_group("imports")
@pytest.mark.parametrize("name", SUITES)
def test_a_report_counts_for_what_it_is_evidence_of(results, name):
    *_, status, message = SUITES[name]
    assert (results[name].status, results[name].message[: len(message)]) == (status, message)
