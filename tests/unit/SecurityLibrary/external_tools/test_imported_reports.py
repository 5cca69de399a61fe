"""Reports of other scanners: what they find, and whether they are evidence about the system at all."""

import datetime as dt

import pytest
from scanner_reports import BAD, ERROR, GOOD, HOST, OPEN, REPORTS, result, run, sarif, SOURCE, TODAY

from SecurityLibrary.external_tools import imported_reports
from SecurityLibrary.findings import saved_findings
from SecurityLibrary.findings.finding import Finding, merged, Severity
from theodore_qa.errors import UsageError
from theodore_qa.timing import moment

NOW = dt.datetime.fromisoformat(TODAY)


@pytest.fixture
def report(tmp_path):
    def make(text):
        file = tmp_path / "report"
        file.write_text(text)
        return imported_reports.read(file, [HOST, SOURCE])

    return make


@pytest.mark.parametrize("name", REPORTS)
def test_the_verdict_is_that_of_the_report(report, name):
    expected = REPORTS[name]
    if expected.verdict == ERROR:
        with pytest.raises(UsageError, match=expected.says) as error:
            report(expected.text)
        assert "\n" not in str(error.value)
        return
    read = report(expected.text)
    lacks = list(read.lacks(imported_reports.RECENT, NOW))
    worse = [finding for finding in merged(read.findings) if finding.severity > Severity.MEDIUM and not finding.accepted]
    assert (BAD if worse else OPEN if lacks else GOOD) == expected.verdict
    if worse:
        seen = (str(worse[0].severity), worse[0].cwe, len(worse[0].locations))
        assert seen == (expected.worst, expected.cwe, expected.places)
        assert expected.says in worse[0].observed
    elif lacks:
        assert any(expected.says in lack.reason for lack in lacks), lacks


ZAP_XML = """<?xml version="1.0"?><OWASPZAPReport version="2.14"><site name="http://shop.example:8080"><alerts><alertitem>
<pluginid>10038</pluginid><alert>CSP not set</alert><name>CSP not set</name><riskcode>2</riskcode><cweid>693</cweid>
<desc>&lt;p&gt;It is not set.&lt;/p&gt;</desc><solution>&lt;p&gt;Set it.&lt;/p&gt;</solution>
<instances><instance><uri>http://x/a?b=1</uri><method>GET</method><param></param></instance>
<instance><uri>http://x/c</uri><method>POST</method><param>q</param></instance></instances></alertitem></alerts></site></OWASPZAPReport>"""


def test_all_of_an_alert_is_read(report):
    (finding,) = report(ZAP_XML).findings
    assert (finding.tool, finding.severity, finding.cwe, finding.locations, finding.remediation) == (
        "OWASP ZAP",
        Severity.MEDIUM,
        693,
        ("GET /a?b=1", "POST /c q"),
        "Set it.",
    )


def test_half_a_character_does_not_break_what_is_written(report):
    (finding,) = report(sarif(run("Tool", results=[result(text="\ud800 broken")]))).findings
    assert finding.observed.encode("utf-8") == b"? broken"


@pytest.mark.parametrize(
    ("known", "found", "same"),
    [
        ("http://shop.example", "http://shop.example:80/a", True),
        ("http://localhost:8080/api", "http://127.0.0.1:8080", True),
        ("http://shop.example", "https://shop.example", False),
        ("http://shop.example", "http://shop.example.evil", False),
        ("https://git.example/acme/shop", "https://git.example/acme/shop.git", True),
        ("https://git.example/acme/shop", "https://git.example/acme/shop-old", False),
        ("shop:1.4", "shop:1.4", True),
        ("shop:1.4", "shop:1.3", False),
        ("shop", "http://shop:99999/", False),
    ],
)
def test_what_is_the_same_target(known, found, same):
    assert imported_reports._is_same(known, found) is same


def test_a_moment_without_a_zone_is_utc():
    assert moment("Sat, 28 Nov 2026 10:00:00") == moment("2026-11-28T11:00:00+01:00")
    assert moment("Sa., 28 Okt. 2026") is None


def scanned(tmp_path, problems):
    file = tmp_path / "saved.sarif"
    moment = dt.datetime.now(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    attack = {
        "system": "shop", "url": HOST, "began": moment, "ended": moment, "stopped": "", "probe": "banner", "title": "Banner",
        "severity": "info", "cwe": 200, "owasp": [], "mend": "", "tried": 1, "sent": [], "open": {}, "leftOut": {}, "notApplicable": {},
    }  # fmt: skip
    old = Finding("x", "X", Severity.LOW, 0, (), ("-",), "", "", tool="Old")
    own = Finding("banner", "Banner", Severity.INFO, 200, (), ("GET /a",), "nginx", "")
    saved_findings.save([own, old], file, [attack], problems)
    return {run.tool: run for run in imported_reports.read(file, [HOST]).runs}


def test_what_a_scan_saves_says_when_and_where_it_was(tmp_path):
    runs = scanned(tmp_path, [])
    assert (runs["theodore"].targets, runs["theodore"].incomplete) == ((f"{HOST}/",), "")
    assert dt.datetime.now(dt.UTC) - runs["theodore"].moment < dt.timedelta(minutes=5)
    assert (runs["Old"].targets, runs["Old"].moment) == ((), None), "a report does not become new by being saved again"
    assert "sql-injection: no answer" in scanned(tmp_path, ["sql-injection: no answer"])["theodore"].incomplete


def test_the_age_that_is_allowed_comes_from_the_command(monkeypatch):
    assert imported_reports.age_limit() == dt.timedelta(days=7)
    monkeypatch.setenv("THEODORE_OLDER_THAN", "3600")
    assert imported_reports.age_limit() == dt.timedelta(hours=1)
