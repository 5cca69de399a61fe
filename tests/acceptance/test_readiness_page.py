"""readiness.html in a browser: no errors, no violations of accessibility, hostile texts as text, links that lead somewhere."""

import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from judged_runs import finished, judged, LIVE, observation, planned
from robot import result as robot_results

from theodore_qa.readiness import assessing
from theodore_qa.report import readiness_page
from theodore_qa.report.readiness import ReadinessReport
from theodore_qa.report.robot_files import RobotFiles
from theodore_qa.report.sarif import FindingsReport
from theodore_qa.run import merge, output

pytestmark = pytest.mark.xdist_group("readiness page")  # its files are made once
AXE = "axe-core@4.14.1"
HOSTILE = "<img src=x onerror=\"document.title='planted'\"><script>document.title='planted'</script>"
LONG = "Name" * 75
SUITE = "security/hostile.robot"


@pytest.fixture(scope="module")
def axe():
    """The source of axe-core, from npm, which keeps it for the next time."""
    folder = Path(tempfile.gettempdir()) / f"{AXE.replace('@', '-')}-{os.getuid()}"
    source = folder / "node_modules/axe-core/axe.min.js"
    if not source.is_file():
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", folder, AXE], check=True, timeout=120)
    return source.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The files of a run with hostile names, a failure of each kind, findings, an experiment and an earlier run."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "suites/security").mkdir(parents=True)
    texts = (("PASS", "Fine"), ("FAIL", HOSTILE), ("NOT EVALUATED", LONG), ("SKIP", "Waived"), ("FAIL", "Late"), ("FAIL", "Broken"))
    tests = [
        judged(SUITE, name, verdict, tags=["scenario:hostile", "control:SOC2-CC6.1", "owasp:A01-2021"], line=line, message="" if verdict == "PASS" else f"{HOSTILE} said {line}")
        for line, (verdict, name) in enumerate(texts, 1)
    ]
    seen = ["1.9 s", HOSTILE, HOSTILE, "x", "no answer: timed out", "connection refused"]
    records = [
        observation(test, "api.time", text, test.verdict if test.verdict != "SKIP" else "NOT EVALUATED", expected="at most 2 s")
        for test, text in zip(tests, seen, strict=True)
    ]
    run = finished(tests, folder, suites=folder / "suites", environment=LIVE, observations=records, deselected=[planned("e2e/x.robot", "Left")], problems=[HOSTILE])
    root = robot_results.TestSuite(name="Suites", source=folder / "suites")
    suite = root.suites.create("Security", source=folder / "suites/security").suites.create("Hostile", source=folder / "suites" / SUITE)
    for test in tests:
        suite.tests.create(test.name, lineno=test.key[1], status="PASS" if test.verdict == "PASS" else "FAIL", message=test.message)
    saved = folder / "of_robot.xml"
    robot_results.Result(suite=root).save(saved)
    run.result, run.outputs = output.read(saved), merge.Outputs((saved,))
    finding = {"severity": "high", "title": HOSTILE, "places": [HOSTILE], "observed": HOSTILE, "mend": HOSTILE, "accepted": "", "fingerprint": "f"}
    run.findings = [finding | {"probe": "p", "cwe": 79, "owasp": [], "tool": "theodore", "evidence": []}]
    _experiment(folder / "evidence/r/experiments")
    _earlier(folder, run)
    for report in (FindingsReport(), ReadinessReport(_demands()), RobotFiles()):
        report.write(run)
    return folder


def _demands():
    """A part of the shipped gates and controls, so that a browser is done with the page soon."""
    whole = assessing.demands(None, None, None)
    gates = {name: gate for number, (name, gate) in enumerate(whole.gates.items()) if number < 6 or name == "attacks"}
    known = whole.controls
    some = {name: control for name, control in known.controls.items() if name.startswith(("SOC2-CC", "OWASP-A0"))}
    standards = {name: known.standards[name] for name in ("SOC2", "OWASP-2021", "OWASP-2025")}
    return replace(whole, gates=gates, controls=replace(known, controls=some, standards=standards))


def _experiment(folder):
    folder.mkdir(parents=True)
    state = {"steady_state_met": True, "probes": [{"output": {"good": 4}}]}
    times = {"start": "2026-01-01T00:00:00+00:00", "end": "2026-01-01T00:00:09+00:00"}
    fault = {"activity": {"name": HOSTILE}, "start": "2026-01-01T00:00:02+00:00", "end": "2026-01-01T00:00:05+00:00"}
    journal = {"experiment": {"title": HOSTILE}, "status": "failed", "duration": 9.0, "run": [fault], **times}
    (folder / "a.json").write_text(json.dumps(journal | {"steady_states": {"before": state, "during": [state], "after": state}}))
    (folder / "torn.json").write_text('{"start": ')


def _earlier(folder, run):
    """An earlier run, in which what fails now passed."""
    other = folder / "other"
    other.mkdir()
    before = finished([judged(SUITE, test.name, "PASS", line=test.key[1]) for test in run.judgement.tests], other, suites=run.suites)
    before.id = "earlier"
    ReadinessReport(_demands()).write(before)
    target = folder / "evidence/earlier/artefacts"
    target.mkdir(parents=True)
    shutil.copyfile(other / "readiness.json", target / "readiness.json")


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def opened(browser, folder):
    """Opens the page; at its end no error, and no request but for the page itself."""
    errors, requests, pages = [], [], []

    def open_page(scheme="light", width=1200):
        page = browser.new_context(offline=True, color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=False).new_page()
        page.on("console", lambda message: errors.append(message.text))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(f"file://{folder}/readiness.html")
        pages.append(page)
        return page

    yield open_page
    assert errors == []
    assert [url for url in requests if not url.startswith("file://")] == []
    for page in pages:
        page.context.close()


@pytest.mark.needs("chromium")
@pytest.mark.needs("npm")
@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 1200), ("light", 400), ("dark", 400)])
def test_axe_finds_no_violation_and_the_page_fits(opened, axe, scheme, width):
    page = opened(scheme, width)
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert [(entry["id"], entry["nodes"][0]["html"][:200]) for entry in found["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.needs("chromium")
def test_hostile_and_long_names_are_text(opened):
    page = opened()
    assert "planted" not in page.title()
    assert page.evaluate("document.images.length + document.querySelectorAll('script').length") == 1
    text = page.inner_text("#tests")
    assert HOSTILE in text
    assert LONG in text


@pytest.mark.needs("chromium")
def test_search_filter_and_links(opened, folder):
    page = opened()
    status = page.get_by_role("status")
    assert status.inner_text() == "6 of 6 tests"
    page.get_by_label("Search tests by name, file or message").fill("hostile.robot broken")
    assert status.inner_text() == "1 of 6 tests"
    page.get_by_label("Search tests by name, file or message").fill("")
    page.get_by_label("Verdict").select_option("FAIL")
    assert status.inner_text() == "3 of 6 tests"
    page.locator("#controls details").first.evaluate("part => { part.open = true; }")
    page.locator("#controls a[data-show]").first.click()
    assert status.inner_text().startswith("6 of 6 tests behind SOC2-")
    page.get_by_role("button", name="Show all tests").click()
    assert status.inner_text() == "6 of 6 tests"
    links = page.evaluate("[...document.links].map(link => link.getAttribute('href'))")
    broken = [link for link in links if link.startswith("#") and not page.evaluate("name => !!document.getElementById(name)", link[1:])]
    absent = [link for link in links if not link.startswith("#") and not (folder / link.partition("#")[0]).is_file()]
    assert (broken, absent) == ([], [])
    place = page.evaluate("[...document.links].find(link => link.textContent === 'Broken').getAttribute('href')")
    page.goto(f"file://{folder}/{place}")
    page.wait_for_selector(f"#{place.partition('#')[2]} .name >> text=Broken")


@pytest.mark.needs("chromium")
def test_keyboard_reaches_the_content_and_print_unfolds(opened):
    page = opened()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "To the content"
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details:not([open])").count() > 0


def test_what_the_page_says(folder):
    data = json.loads((folder / "readiness.json").read_text())
    assert data["categories"] == {"assertion": 1, "time-out": 1, "connection": 1, "contract": 0, "environment": 1, "test error": 0}
    assert data["since"]["run"] == "earlier"
    assert len(data["since"]["new_failures"]) == 3
    assert len(data["since"]["newly_not_evaluated"]) == 1
    assert [found["status"] for found in data["experiments"]] == ["failed", "unreadable"]
    assert all(entry["rests_on"] for entry in data["recommendations"])
    assert data["margins"][0]["observed"] == "1.9 s"
    assert "Since the run earlier" in readiness_page.page(data)
