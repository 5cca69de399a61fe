"""junit.xml, summary.md and summary.csv: what other programs read of a run, hostile texts included."""

import csv
import io
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
from judged_runs import finished, judged, LIVE, SANDBOX
from lxml import etree

from theodore_qa.readiness import assessing
from theodore_qa.report import summaries
from theodore_qa.report.readiness import ReadinessReport
from theodore_qa.run.finished import EMBEDDED

SCHEMA = etree.XMLSchema(etree.parse(str(Path(__file__).parents[3] / "support/junit.xsd")))
HOSTILE = '<img src=x>"&\x00\x1b[31m | `code` @everyone\n# title'
TESTS = [
    judged("security/s.robot", "Fine"),
    judged("security/s.robot", HOSTILE, "FAIL", line=2, message=HOSTILE),
    judged("e2e/e.robot", "=1+1", "NOT EVALUATED", line=3, message="=cmd()"),
    judged("e2e/e.robot", "Waived", "SKIP", line=4, message="waived"),
]


@pytest.fixture
def written(tmp_path):
    def write(tests, environment=LIVE, **more):
        ReadinessReport(assessing.demands(None, None, None)).write(finished(tests, tmp_path, environment=environment, **more))
        return {name: (tmp_path / name).read_text(encoding="utf-8") for name in (summaries.JUNIT, summaries.MARKDOWN, summaries.TABLE)}

    return write


@pytest.mark.parametrize("more", [{}, {"problems": ["An output is cut off."]}, {"failures": ["suite teardown"], "environment": SANDBOX}])
def test_junit_keeps_to_its_schema_and_counts(written, more):
    text = written(TESTS, **more)["junit.xml"]
    SCHEMA.assertValid(etree.fromstring(text.encode()))
    root = Xml.fromstring(text)
    cases = list(root.iter("testcase"))
    whole = 1 if "problems" in more or "failures" in more else 0
    assert len(cases) == 4 + whole == int(root.get("tests"))
    assert [len(list(root.iter(kind))) for kind in ("failure", "error", "skipped")] == [1 + ("failures" in more), 1 + ("problems" in more), 1]
    assert cases[1].find("failure").get("message").startswith('<img src=x>"&\ufffd')
    assert (EMBEDDED in text) == ("environment" in more)


def test_a_run_without_tests_is_no_empty_pass(written):
    root = Xml.fromstring(written([], problems=["Nothing was evaluated: no test was selected."])["junit.xml"])
    assert (root.get("tests"), root.get("errors")) == ("1", "1")


def test_markdown_shows_texts_as_they_are_and_notifies_nobody(written):
    text = written(TESTS)["summary.md"]
    assert "\\<img" in text
    assert "<img" not in text.replace("\\<img", "")
    assert "@\u2060everyone" in text
    assert "@everyone" not in text
    assert "\n# title" not in text
    assert text.startswith("## This cannot go live")


def test_a_spreadsheet_computes_nothing(written):
    rows = list(csv.DictReader(io.StringIO(written(TESTS)["summary.csv"])))
    assert sorted(row["verdict"] for row in rows) == ["FAIL", "NOT EVALUATED", "PASS", "SKIP"]
    assert {row["name"] for row in rows} >= {"'=1+1", "Fine"}
    assert "'=cmd()" in {row["message"] for row in rows}
