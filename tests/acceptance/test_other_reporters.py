"""Reporters of others beside ours: they count what we count, and tell NOT EVALUATED from FAIL where their format can."""

import json
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest
import robot_runs
from report_portal import report_portal
from shop import shop

ROWS = """
Nothing Is Looked At
    Log    token-of-the-shop-12345

Stock Is Counted
    Skip    the warehouse is closed
"""
EXPECTED = {
    "Pens Are Sold": "PASS",
    "Ink Is Sold": "FAIL",
    "Nothing Is Looked At": "NOT EVALUATED",
    "Stock Is Counted": "NOT EVALUATED",
}
SECRET = "token-of-the-shop-12345"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """One run with all of them; its folder and what ReportPortal was reported."""
    folder = tmp_path_factory.mktemp("run")
    own = robot_runs.own_environment()
    with shop(folder) as store, report_portal() as (portal, portal_reported):
        identity = {"token_env": "SHOP_TOKEN"}
        store.environment(systems={"shop": {"url": store.url, "identities": {"clerk": identity}}})
        store.states["ink"] = ["sold out"]
        suite = store.suite(("Pens Are Sold", "pens"), ("Ink Is Sold", "ink"))
        suite.write_text(suite.read_text() + ROWS)
        listeners = ("--listener", f"allure_robotframework:{folder / 'allure'}", "--listener", "robotframework_reportportal.listener")
        settings = {"RP_ENDPOINT": portal, "RP_PROJECT": "shop", "RP_LAUNCH": "shop", "RP_API_KEY": "key"}
        variables = [part for name, value in settings.items() for part in ("--variable", f"{name}:{value}")]
        arguments = ("test", "api", "--environment", "shop.yaml", "--no-parallel")
        command = [sys.executable, "-c", "from theodore_qa.cli import main; main()", *arguments]
        done = subprocess.run(
            [*command, "--", *listeners, *variables, "--xunit", "xunit.xml"],
            cwd=folder,
            env=own | {"SHOP_TOKEN": SECRET},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 3, done.stdout + done.stderr
    tests = json.loads((folder / "results" / "readiness.json").read_text())
    ours = {test["name"]: test["verdict"] for test in [*tests["tests"], *tests["tests_of_no_area"]]}
    assert ours == EXPECTED
    return folder, portal_reported


def test_allure_counts_what_we_count(run):
    results = [json.loads(path.read_text()) for path in (run[0] / "allure").glob("*-result.json")]
    assert len(results) == len(EXPECTED)
    found = {}
    for result in results:
        tags = {label["value"] for label in result["labels"] if label["name"] == "tag"}
        found[result["name"]] = "NOT EVALUATED" if "NOT EVALUATED" in tags else {"passed": "PASS", "failed": "FAIL"}[result["status"]]
        assert (result["status"] == "passed") == (found[result["name"]] == "PASS")
    assert found == EXPECTED


def test_report_portal_counts_what_we_count(run):
    reported = run[1]
    tests = {name: item for name, item in reported.tests().items() if name in EXPECTED}
    assert Counter(item["name"] for item in reported.items.values() if item["name"] in EXPECTED) == dict.fromkeys(EXPECTED, 1)
    assert {name: item["status"] for name, item in tests.items()} == {
        name: "PASSED" if verdict == "PASS" else "FAILED" for name, verdict in EXPECTED.items()
    }
    unknown = {name for name, item in tests.items() if "NOT EVALUATED" in json.dumps(item)}
    assert unknown == {name for name, verdict in EXPECTED.items() if verdict == "NOT EVALUATED"}


def test_the_dashboard_counts_what_we_count(run, tmp_path):
    program = Path(sys.executable).parent / "robotdashboard"
    command = [program, "-o", run[0] / "results" / "output.xml", "-d", tmp_path / "board.db", "-g", "false"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    with sqlite3.connect(tmp_path / "board.db") as database:
        rows = database.execute("SELECT name, passed, failed, tags FROM tests").fetchall()
        found = {
            name: "NOT EVALUATED" if "NOTEVALUATED" in tags.replace(" ", "") else "PASS" if passed else "FAIL" for name, passed, failed, tags in rows
        }
        assert all(bool(failed) == (found[name] != "PASS") for name, _, failed, _ in rows if name in EXPECTED)
    assert {name: verdict for name, verdict in found.items() if name in EXPECTED} == EXPECTED


def test_gitlab_and_jenkins_read_errors_apart_from_failures(run):
    root = ElementTree.parse(run[0] / "xunit.xml").getroot()
    kinds = {"failure": "FAIL", "error": "NOT EVALUATED"}
    found = {
        case.get("name"): next((kinds[child.tag] for child in case if child.tag in kinds), "PASS") for case in root.iter("testcase")
    }
    assert {name: verdict for name, verdict in found.items() if name in EXPECTED} == EXPECTED
    for suite in root.iter("testsuite"):
        cases = list(suite.iter("testcase"))
        counted = {tag: sum(case.find(tag) is not None for case in cases) for tag in ("failure", "error", "skipped")}
        written = [int(suite.get(name)) for name in ("tests", "failures", "errors", "skipped")]
        assert written == [len(cases), counted["failure"], counted["error"], counted["skipped"]]
        assert suite.get("name")
        assert float(suite.get("time")) >= 0
        assert {child.tag for child in suite} <= {"testsuite", "testcase", "properties"}
    for case in root.iter("testcase"):
        assert case.get("classname")
        assert float(case.get("time")) >= 0
        assert all(child.get("message") and child.get("type") for child in case)


def test_no_secret_reaches_a_reporter(run):
    folder, reported = run
    texts = [path.read_text(errors="replace") for path in (folder / "allure").iterdir()]
    assert [text for text in [*texts, *reported.logs, json.dumps(reported.items)] if SECRET in text] == []
    assert "(" in "".join(reported.logs)
