"""The readiness score: a range that what is unknown makes wide, and a label that its lower end earns."""

import json

import pytest
from judged_runs import finished, judged, LIVE, planned, SANDBOX

from theodore_qa import paths
from theodore_qa.errors import UsageError
from theodore_qa.readiness import assessing, recompute, weights
from theodore_qa.report.readiness import ReadinessReport
from theodore_qa.run.finished import EMBEDDED

GATES = """\
gates:
  attacks: {title: No attack, source: s, critical: true, measure: tests, operator: "==", threshold: 100, unit: "%", from: {suites: [security]}}
  speed: {title: Speed, source: s, measure: tests, operator: "==", threshold: 100, unit: "%", from: {suites: [performance]}}
"""
WEIGHTS = """\
labels: [{from: 0, label: NOT READY}, {from: 90, label: ENTERPRISE READY}, {from: 60, label: DEVELOPMENT READY}]
areas:
  ai: {title: AI, weight: 0.3, suites: e2e, tags: ["area:ai"]}
  rest: {title: Rest, weight: 0.6, suites: e2e}
  security: {title: Security, weight: 0.1, suites: security}
tests: [{tag: "heavy", weight: 3}]
"""
GOOD = [
    judged("e2e/a.robot", "A", tags=("area:ai",)),
    judged("e2e/a.robot", "B", line=5),
    judged("security/s.robot", "S"),
    judged("performance/p.robot", "P"),
]


@pytest.fixture
def held_to(tmp_path):
    (tmp_path / "gates.yaml").write_text(GATES, encoding="utf-8")
    (tmp_path / "weights.yaml").write_text(WEIGHTS, encoding="utf-8")

    def read(requested=(), waivers=None):
        return assessing.demands(tmp_path / "gates.yaml", tmp_path / "weights.yaml", waivers, requested)

    return read


@pytest.fixture
def report(held_to, tmp_path):
    def write(tests, *, requested=(), **more):
        run = finished(tests, tmp_path, **more)
        ReadinessReport(held_to(requested)).write(run)
        data = json.loads((tmp_path / "readiness.json").read_text())
        assert recompute.differences(tmp_path / "readiness.json") == []
        return run, data

    return write


def test_all_passed_is_100_with_the_highest_label(report):
    run, data = report(GOOD)
    assert (data["score"], data["label"], run.exit_code) == ({"low": 100, "high": 100}, "ENTERPRISE READY", 0)
    assert data["sentence"].startswith("This can go live: nothing speaks against it: 4 passed, 0 failed")
    assert [test["name"] for test in data["tests_of_no_area"]] == ["P"]


def test_what_is_unknown_makes_the_range_and_its_lower_end_the_label(report):
    _, data = report([*GOOD, judged("e2e/a.robot", "C", "NOT EVALUATED", line=9)])
    assert (data["score"], data["label"]) == ({"low": 70, "high": 100}, "DEVELOPMENT READY")
    _, data = report(GOOD, deselected=[planned("e2e/a.robot", "C", line=9)])
    assert data["score"] == {"low": 70, "high": 100}
    _, data = report([*GOOD, judged("e2e/a.robot", "C", "SKIP", line=9)])
    assert data["score"] == {"low": 70, "high": 100}


def test_of_a_single_area_the_range_is_right_and_the_others_are_unknown(report):
    _, data = report([judged("s.robot", "S"), judged("s.robot", "T", "FAIL", line=9)], suites="suites/security")
    assert data["score"] == {"low": 5, "high": 95}
    assert [(area["low"], area["high"]) for area in data["areas"]] == [(0, 100), (0, 100), (50, 50)]
    assert data["label"] == "NOT READY"


def test_tests_weigh_within_their_area(report):
    _, data = report([judged("s.robot", "S", tags=("heavy",)), judged("s.robot", "T", "FAIL", line=9)], suites="suites/security")
    assert [(area["low"], area["high"]) for area in data["areas"]][2] == (75, 75)


def test_a_failed_critical_gate_caps_the_label(report):
    run, data = report(
        [*GOOD, *[judged("security/s.robot", f"T{i}", "FAIL" if i == 0 else "PASS", line=i) for i in range(2, 99)]]
    )
    assert data["label"] == "ENTERPRISE READY"
    run, data = report([*GOOD, judged("security/s.robot", "T", "FAIL", line=9)])
    assert (data["score"]["low"], data["label"], data["capped_by"]) == (95, "NOT READY", ["attacks"])
    assert run.exit_code == 1
    assert run.judgement.failed_gates == [
        "The gate attacks (No attack): expected 100 %, observed 1 of 2 = 50.00% (n 2); the observed share is below the demand."
    ]
    assert data["sentence"].startswith("This cannot go live: failed gates are attacks: ")


@pytest.mark.parametrize(
    ("tests", "more", "why"),
    [
        ([], {}, "the run was not one of suites/"),
        ([judged("e2e/a.robot", "A", "NOT EVALUATED")], {}, "nothing was observed"),
        ([judged("e2e/a.robot", "A", "SKIP")], {}, "nothing was observed"),
        (GOOD, {"problems": ["The output x is cut off."]}, "the run is incomplete: The output x is cut off."),
        (GOOD, {"suites": "suites/e2e/sessions.robot"}, "the run was not one of suites/"),
    ],
)
def test_no_score_and_no_label(report, tmp_path, tests, more, why):
    run, data = report(tests, **more)
    assert (data["score"], data["label"]) == (None, None)
    assert data["why_no_label"].startswith(why)
    assert all(gate["verdict"] != "PASS" for gate in data["gates"])
    assert "No score and no label" in (tmp_path / "readiness.html").read_text()
    assert data["sentence"].startswith("Nothing can be said")
    assert run.exit_code == 3 or not more.get("problems")


def test_a_requested_gate_without_verdict_is_3_unless_it_is_waived(report, held_to, tmp_path):
    run, _ = report(GOOD[:3], requested=("speed",))
    assert run.exit_code == 3
    assert run.judgement.missing_gates == [
        "The gate speed (Speed): expected 100 %; none of the tests of suites/performance was run."
    ]
    assert report(GOOD[:3])[0].exit_code == 0
    waivers = tmp_path / "w.yaml"
    waivers.write_text("waivers: [{gates: [speed], reason: to come, owner: me, until: '99.0'}]", encoding="utf-8")
    run = finished(GOOD[:3], tmp_path)
    ReadinessReport(held_to(("all",), waivers)).write(run)
    assert run.exit_code == 0
    assert "to come (owner me, until 99.0, w.yaml:1)" in (tmp_path / "readiness.html").read_text()
    with pytest.raises(UsageError, match="There is no gate 'sped'"):
        held_to(("sped",))


def test_a_sandbox_has_figures_and_no_label_and_every_file_says_so(report, tmp_path):
    _, data = report(GOOD, environment=SANDBOX)
    assert (data["score"], data["label"]) == ({"low": 100, "high": 100}, None)
    for name in ReadinessReport.files:
        assert EMBEDDED in (tmp_path / name).read_text()
    assert "READY" not in (tmp_path / "readiness.html").read_text()


def test_gates_that_are_edited_while_the_run_goes_on_are_named(held_to, tmp_path):
    demands = held_to()
    (tmp_path / "gates.yaml").write_text(GATES.replace("100", "10"), encoding="utf-8")
    run = finished(GOOD, tmp_path)
    ReadinessReport(demands).write(run)
    assert run.judgement.problems == ["The file gates.yaml was changed while the run went on: start the run anew."]
    assert run.exit_code == 3
    assert json.loads((tmp_path / "readiness.json").read_text())["score"] is None


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (lambda data: data["score"].update(low=99.5), "The entry score.low is 99.5, computed 95."),
        (lambda data: data.update(label="ENTERPRISE READY"), "The entry label is ENTERPRISE READY, computed NOT READY."),
        (lambda data: data.update(capped_by=[]), "The entry capped_by is [], computed ['attacks']."),
        (lambda data: data["areas"][2].update(passed=2.0), "The entry areas.security.passed is 2, computed 1."),
        (lambda data: data["areas"][2].update(high=80), "The entry areas.security.high is 80, computed 50."),
        (
            lambda data: data["tests"][3].update(verdict="PASS"),
            "The gate attacks says FAIL of T, which the list of tests does not.",
        ),
        (lambda data: data["areas"][0].update(weight=0.9), "The entry score.low is 95, computed 96.87."),
        (lambda data: data["problems"].append("x"), "computed none: the run is incomplete."),
        (lambda data: data.update(score=None), "The entry score is none, computed 95 to 95."),
    ],
)
def test_recompute_names_what_does_not_follow(report, tmp_path, edit, sentence):
    report([*GOOD, judged("security/s.robot", "T", "FAIL", line=9)])
    path = tmp_path / "readiness.json"
    data = json.loads(path.read_text())
    edit(data)
    path.write_text(json.dumps(data), encoding="utf-8")
    assert any(sentence in found for found in recompute.differences(path))


def test_recompute_refuses_what_is_no_readiness(tmp_path):
    for text in ("{}", "[]", "x"):
        (tmp_path / "r.json").write_text(text, encoding="utf-8")
        with pytest.raises(UsageError, match=r"is no readiness.json"):
            recompute.differences(tmp_path / "r.json")


def test_a_score_is_never_rounded_to_a_better_label(report):
    tests = [judged("security/s.robot", f"T{i}", "FAIL" if i < 1 else "PASS", line=i) for i in range(3)]
    _, data = report(tests)
    assert [(area["low"], area["high"]) for area in data["areas"]][2] == (66.66, 66.67)


def test_the_page_shows_text_of_the_tested_system_as_text(report, tmp_path):
    report([*GOOD, judged("security/s.robot", "<script>alert(1)</script>", "FAIL", line=9)])
    text = (tmp_path / "readiness.html").read_text()
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text
    assert text.count("<script") == 1
    assert "http://" not in text
    assert "https://" not in text


@pytest.mark.parametrize("name", ["weights.yaml", "weights.ticket.yaml"])
def test_shipped_weights_add_up_to_100_and_end_with_not_ready(name):
    found = weights.read(paths.shipped("variables") / name)
    assert sum(area.weight for area in found.areas) == 100
    assert found.lowest_label == "NOT READY"


def test_weights_without_a_label_from_0_are_refused(tmp_path):
    (tmp_path / "w.yaml").write_text(WEIGHTS.replace("from: 0, ", "from: 1, "), encoding="utf-8")
    with pytest.raises(UsageError, match="has no label from 0 on"):
        weights.read(tmp_path / "w.yaml")


def test_environment_and_run_stand_in_the_schema(report, tmp_path):
    import jsonschema

    report(GOOD, environment=LIVE)
    for name, schema in (("readiness.json", "readiness.schema.json"), ("gates.json", "gate-verdicts.schema.json")):
        declared = json.loads((paths.shipped("variables") / schema).read_text())
        jsonschema.Draft202012Validator.check_schema(declared)
        jsonschema.validate(json.loads((tmp_path / name).read_text()), declared)
