"""Findings as data: SARIF, reports of other tools, sensitive data, advisories, acceptance, the checklist."""

import base64
import hashlib
import json
from pathlib import Path

import pytest
from sarif_pydantic import Sarif

from SecurityLibrary import document
from SecurityLibrary.exposure import sensitive_data
from SecurityLibrary.external_tools import advisories, imported_reports
from SecurityLibrary.findings import accepted, verdicts
from SecurityLibrary.findings.finding import Finding, merged, Severity
from theodore_qa.errors import NotEvaluatedError, UsageError
from theodore_qa.report import sarif

ROOT = Path(__file__).resolve().parents[4]


def finding(probe="cors", severity=Severity.MEDIUM, locations=("GET /a",), observed="seen", **more):
    return Finding(
        probe,
        f"Title of {probe}",
        severity,
        942,
        ("A05:2021",),
        locations,
        observed,
        "Mend it.",
        ({"request": "GET /a", "response": "200"},),
        **more,
    )


def test_the_checklist_is_that_of_the_probes():
    assert (ROOT / "docs" / "SECURITY_CHECKLIST.md").read_text(encoding="utf-8") == document.document()


def test_sarif_is_valid_and_reads_back(tmp_path):
    findings = [
        finding(),
        finding("banner", Severity.LOW, ("GET /b c", "a path that there is not")),
        finding("x", Severity.CRITICAL, accepted="because"),
    ]
    file = tmp_path / "f.sarif"
    sarif.save([finding.as_data() for finding in findings], file)
    read = Sarif.model_validate(json.loads(file.read_text()))
    assert [result.rule_id for result in read.runs[0].results] == ["cors", "banner", "x"]
    assert [result.level.value for result in read.runs[0].results] == ["warning", "note", "error"]
    again = imported_reports.read(file, []).findings
    assert [(finding.probe, finding.severity, finding.cwe, finding.locations) for finding in again] == [
        (finding.probe, finding.severity, finding.cwe, finding.locations) for finding in findings
    ]
    assert again[2].accepted == "because"


def test_sarif_without_findings_is_valid():
    assert Sarif.model_validate(sarif.document([])).runs[0].results == []


def test_findings_survive_their_data():
    assert Finding.from_data(json.loads(json.dumps(finding().as_data()))) == finding()


def test_one_cause_at_many_places_is_one_finding():
    found = merged([finding(locations=("GET /a",)), finding(locations=("GET /b",)), finding("sql", Severity.CRITICAL)])
    assert [(finding.probe, finding.locations) for finding in found] == [("sql", ("GET /a",)), ("cors", ("GET /a", "GET /b"))]


@pytest.mark.parametrize(
    ("severities", "score"),
    [((), 0.0), ((Severity.LOW,), 2.0), ((Severity.HIGH, Severity.MEDIUM, Severity.LOW), 7.7), ((Severity.CRITICAL,) * 30, 10.0)],
)
def test_the_risk_score_is_as_its_documentation_says(severities, score):
    found = [finding(f"p{number}", severity) for number, severity in enumerate(severities)]
    assert verdicts.risk(found) == score


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("pay with 4111 1111 1111 1111 now", ["card number"]),
        ("pay with 4111 1111 1111 1112 now", []),
        ('{"id": 4111111111111111234567}', []),
        ("order 2026112316400000", []),
        ("AKIAIOSFODNN7EXAMPLE", ["AWS access key"]),
        ("-----BEGIN RSA PRIVATE KEY-----", ["private key"]),
        ("postgres://app:hunter2pass@db.internal/x", ["credentials in a URL"]),
        ("https://example.com:8443/a@b", []),
        ("DE89 3704 0044 0532 0130 00", ["IBAN"]),
        ("DE89 3704 0044 0532 0130 01", []),
        ("078-05-1120", ["social security number"]),
        ("tel 555-12-3456-7", []),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJlLW9mLWFubg", ["token"]),
        ('{"price": 4111.5, "when": "2026-11-23T10:00:00Z"}', []),
        (
            '{"env_vars": {"PATH": "/usr/local/bin:/usr/bin", "HOME": "/srv", "LANG": "C"}}',
            ["list of the variables of its process"],
        ),
        ("SHELL=/bin/sh\nPATH=/usr/bin:/bin\nPWD=/srv\n", ["list of the variables of its process"]),
        ('{"PATH": "/usr/bin", "name": "HOME"}', []),
        ('{"PATH": "/orders/bin-7", "USER": "ann", "LANG": "en"}', []),
    ],
)
def test_sensitive_data(text, kinds):
    assert list(sensitive_data.found_in(text)) == kinds


MAIL = "ann@example.com"


@pytest.mark.parametrize(
    ("anonymised", "way"),
    [
        ("user-7f3a", ""),
        (hashlib.sha256(b"salt" + MAIL.encode()).hexdigest(), ""),
        ("a**@e******.com", ""),
        (MAIL.upper(), "it holds the original"),
        (base64.b64encode(MAIL.encode()).decode(), "base64"),
        (hashlib.md5(MAIL.encode()).hexdigest(), "md5"),
        (hashlib.sha256(MAIL.encode()).hexdigest()[:16], "sha256"),
        (MAIL[::-1], "reversed"),
        ("nna@example.com".replace("nna", "a*n"), "of its characters"),
    ],
)
def test_ways_back_from_what_was_anonymised(anonymised, way):
    found = sensitive_data.reversal(MAIL, anonymised)
    assert way in found
    assert bool(way) == bool(found)


def test_versions_are_compared_with_advisories(tmp_path):
    events = [{"introduced": "0"}, {"fixed": "1.4"}, {"introduced": "2.0"}, {"last_affected": "2.1"}]
    entry = {
        "id": "X-1",
        "summary": "bad",
        "affected": [{"package": {"ecosystem": "PyPI", "name": "Left.Pad"}, "ranges": [{"type": "ECOSYSTEM", "events": events}]}],
    }
    (tmp_path / "a.json").write_text(json.dumps(entry))
    hit = {
        version: bool(advisories.known({"left-pad": version}, str(tmp_path)))
        for version in ("1.0", "1.4", "1.9", "2.0", "2.1", "2.2")
    }
    assert hit == {"1.0": True, "1.4": False, "1.9": False, "2.0": True, "2.1": True, "2.2": False}


def test_what_cannot_be_looked_up_is_not_clean(tmp_path, monkeypatch):
    with pytest.raises(NotEvaluatedError, match="there are no advisories"):
        advisories.known({"left-pad": "1.0"}, str(tmp_path))
    (tmp_path / "a.json").write_text('{"id": ')
    with pytest.raises(NotEvaluatedError, match="is not JSON"):
        advisories.known({"left-pad": "1.0"}, str(tmp_path))
    monkeypatch.setattr(advisories, "OSV", "http://127.0.0.1:9/v1/querybatch")
    with pytest.raises(NotEvaluatedError, match="could not be looked up at http://127.0.0.1:9"):
        advisories.known({"left-pad": "1.0"}, "osv")


def test_packages_come_from_locks_and_pins(tmp_path):
    assert "httpx" in advisories.packages("installed")
    assert advisories.packages(str(ROOT / "uv.lock"))["click"]
    (tmp_path / "r.txt").write_text("# comment\nLeft_Pad[x]==1.0 ; python_version > '3'\nother>=2\n")
    assert advisories.packages(str(tmp_path / "r.txt")) == {"left-pad": "1.0"}
    (tmp_path / "e.txt").write_text("other>=2\n")
    with pytest.raises(UsageError, match="pins no package"):
        advisories.packages(str(tmp_path / "e.txt"))


def test_acceptance_covers_all_places_or_none(tmp_path):
    file = tmp_path / "a.yaml"
    file.write_text("accepted:\n  - {probe: cors, place: 'GET /a*', reason: r, owner: o, until: 2999-01-01}\n")
    entries = accepted.load(str(file))
    assert [
        bool(result.accepted) for result in accepted.applied([finding(), finding(locations=("GET /a", "GET /b"))], entries)
    ] == [
        True,
        False,
    ]
    file.write_text("accepted:\n  - {probe: cors, place: x, owner: o, until: soon}\n")
    with pytest.raises(UsageError, match="lacks reason"):
        accepted.load(str(file))


def test_what_an_attack_could_not_try_stands_in_the_report():
    attack = {
        "probe": "xxe", "title": "XML external entities", "severity": "high", "cwe": 611, "owasp": ["A05:2021"], "mend": "Switch it off.",
        "tried": 1, "open": {"POST /import": "the control request was answered 422"},
        "leftOut": {"POST /wipe": "it empties the store"}, "notApplicable": {"all": "no operation takes XML"},
    }  # fmt: skip
    run = Sarif.model_validate(sarif.document([], [attack])).model_dump(by_alias=True, exclude_none=True)["runs"][0]
    rows = [(each["kind"], each["message"]["text"], bool(each.get("suppressions"))) for each in run["results"]]
    assert rows == [
        ("open", "XML external entities: the control request was answered 422", False),
        ("notApplicable", "XML external entities: no operation takes XML", False),
        ("open", "XML external entities: it empties the store", True),
    ]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["xxe"]
