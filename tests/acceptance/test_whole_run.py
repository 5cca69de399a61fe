"""`theodore test all`: one verdict over all areas, gates, a score, and evidence that cannot be changed unnoticed."""

import json

import pytest

SUITE = """\
*** Settings ***
Library    TheodoreLibrary
Test Tags    {tags}

*** Test Cases ***
{name}
    ${{r}} =    Research Company    Slack
    Get Research Status    ${{r}}    ==    completed
"""
GATES = """\
gates:
  research: {title: Research works, source: ticket, critical: true, measure: tests, operator: "==", threshold: 100, unit: "%", from: {suites: [e2e]}}
  stability: {title: Experiments, source: ticket, measure: checks, operator: ">=", threshold: 95, unit: "%", from: {suites: [chaos], checks: [research.status]}}
  speed: {title: Load, source: strategy, measure: value, operator: "<", threshold: 2, unit: s, from: {suites: [performance], checks: [load.p95]}}
"""
WEIGHTS = """\
labels: [{from: 0, label: NOT READY}, {from: 90, label: PRODUCTION READY}]
areas:
  research: {title: Research, weight: 60, suites: e2e}
  chaos: {title: Chaos, weight: 30, suites: chaos}
  load: {title: Load, weight: 10, suites: performance}
"""
WAIVERS = """\
waivers:
  - {gates: [stability], reason: two experiments are too few for 95 %, owner: me, until: "99.0"}
  - {gates: [speed], reason: the suites are to come, owner: me, until: "99.0"}
"""


@pytest.fixture
def project(tmp_path):
    for area, tags in (("e2e", "lane:functional"), ("chaos", "lane:alone")):
        folder = tmp_path / "suites" / area
        folder.mkdir(parents=True)
        (folder / "rows.robot").write_text(SUITE.format(tags=tags, name=f"Works In {area}"), encoding="utf-8")
    variables = tmp_path / "variables"
    variables.mkdir()
    for name, text in (("gates", GATES), ("weights", WEIGHTS), ("sandbox.waivers", WAIVERS)):
        (variables / f"{name}.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def readiness(project):
    return json.loads((project / "results" / "readiness.json").read_text())


@pytest.fixture
def environment(project):
    """An environment file of the project's own, which names its waivers."""
    text = "name: own\nkind: sandbox\nhosts: [127.0.0.1]\nwaivers: sandbox.waivers.yaml\nallow: {chaos: true}\nsystems:\n"
    path = project / "variables" / "own.yaml"
    system = {
        "extends": "theodore.system.yaml",
        "url": "embedded",
        "identities": {"analyst": {"username": "analyst@example.test", "password_env": "THEODORE_ANALYST_PASSWORD"}},
    }
    path.write_text(f"{text}  theodore: {json.dumps(system)}\n", encoding="utf-8")
    return path


def test_all_areas_are_one_verdict_and_their_evidence_holds(theodore, project, environment):
    done = theodore("test", "all", "--environment", environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Areas: chaos, e2e." in done.stdout
    data = readiness(project)
    assert (data["score"], data["label"]) == ({"low": 90, "high": 100}, None)
    assert data["notice"] == "EMBEDDED SANDBOX: no evidence about any production system"
    verdicts = {gate["id"]: (gate["verdict"], gate["n"], bool(gate["waived"])) for gate in data["gates"]}
    expected = {"research": ("PASS", 1, False), "stability": ("NOT EVALUATED", 1, True), "speed": ("NOT EVALUATED", 0, True)}
    assert verdicts == expected
    assert theodore("report", "recompute", "results/readiness.json").returncode == 0
    verified = theodore("evidence", "verify", "results/evidence")
    assert verified.returncode == 0, verified.stdout

    (records,) = [path for path in project.glob("results/evidence/*/*.jsonl") if "Works In e2e" in path.read_text()]
    records.write_text(records.read_text().replace('"observed": "completed"', '"observed": "complete"', 1), encoding="utf-8")
    verified = theodore("evidence", "verify", "results/evidence")
    assert (verified.returncode, f"CHANGED {records.name}." in verified.stdout) == (1, True)
    judged = theodore("judge", "results/output.xml", "--results", "again")
    assert judged.returncode == 3, judged.stdout
    assert f"INCOMPLETE: The evidence file {records.name} was changed: its line " in judged.stdout
    assert json.loads((project / "again" / "readiness.json").read_text())["score"] is None

    output = project / "results" / "output.xml"
    output.write_bytes(output.read_bytes()[:-200])
    judged = theodore("judge", "results/output.xml", "--results", "again")
    assert (judged.returncode, "The output output.xml is cut off" in judged.stderr) == (3, True)
    assert not (project / "again" / "readiness.json").exists()


def test_a_gate_that_nobody_waived_is_named_and_3(theodore, project, environment):
    (project / "variables" / "sandbox.waivers.yaml").write_text("waivers: []\n", encoding="utf-8")
    done = theodore("test", "all", "--environment", environment)
    assert done.returncode == 3
    assert (
        "INCOMPLETE: The gate speed (Load): expected < 2 s; none of the tests of suites/performance, checks load.p95 was run."
        in (done.stdout)
    )
    assert 'name="The gate speed"' in (project / "results" / "output.xml").read_text(encoding="utf-8")
    judged = theodore("judge", "results/output.xml", "--results", "again")
    assert "2 PASS, 0 FAIL, 0 NOT EVALUATED" in judged.stdout


def test_an_area_that_the_environment_does_not_allow_is_left_out_and_unknown(theodore, project, environment):
    environment.write_text(environment.read_text().replace("allow: {chaos: true}", "allow: {}"), encoding="utf-8")
    done = theodore("test", "all", "--environment", environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Left out: suites/chaos, since own.yaml does not allow it" in done.stdout
    assert readiness(project)["score"] == {"low": 60, "high": 100}


def test_of_a_single_area_the_others_are_unknown_and_a_silent_system_has_no_score(theodore, project, environment):
    done = theodore("test", "e2e", "--environment", environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert readiness(project)["score"] == {"low": 60, "high": 100}
    text = (
        environment.read_text().replace('"url": "embedded"', '"url": "http://127.0.0.1:9"').replace("kind: sandbox", "kind: test")
    )
    environment.write_text(text, encoding="utf-8")
    for area in ("e2e", "all"):
        done = theodore("test", area, "--environment", environment, env={"THEODORE_ANALYST_PASSWORD": "long-enough-secret"})
        assert done.returncode == 3, done.stdout + done.stderr
        assert not (project / "results" / "readiness.json").exists()


def test_a_crashed_suite_has_no_score(theodore, project, environment):
    crash = "\n    Evaluate    os._exit(3)    os\n"
    path = project / "suites" / "chaos" / "rows.robot"
    path.write_text(path.read_text() + crash, encoding="utf-8")
    done = theodore("test", "all", "--environment", environment)
    assert done.returncode == 3, done.stdout
    data = readiness(project)
    assert (data["score"], data["label"]) == (None, None)
    assert data["sentence"].startswith("Nothing can be said (the run is incomplete: ")
    assert {gate["verdict"] for gate in data["gates"]} == {"NOT EVALUATED"}


def test_what_passed_in_an_earlier_run_and_fails_now_is_a_regression(theodore, project, environment):
    done = theodore("test", "regression", "--environment", environment)
    assert (done.returncode, "Regression is NOT EVALUATED: nothing to compare with." in done.stderr) == (3, True)
    assert theodore("test", "e2e", "--environment", environment).returncode == 0
    (pack,) = [path.parent for path in project.glob("results/evidence/*/manifest.sha256")]
    path = project / "suites" / "e2e" / "rows.robot"
    path.write_text(path.read_text().replace("completed", "failed"), encoding="utf-8")
    done = theodore("test", "regression", "--environment", environment, "--against", pack.name, "--half", "functional")
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"REGRESSION: Works In e2e (e2e/rows.robot) passed in {pack.name}, and fails now." in done.stdout
    assert "PARTIAL: 1 of 2 tests were not selected" in done.stdout
