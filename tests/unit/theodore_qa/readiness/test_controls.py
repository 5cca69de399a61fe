"""Controls of standards: what tests support, contradict or leave open, and files that name what there is not."""

import re
from pathlib import Path

import pytest
from judged_runs import judged, observation
from yaml import safe_dump, safe_load

from theodore_qa import paths
from theodore_qa.errors import UsageError
from theodore_qa.readiness import catalogue, controls
from theodore_qa.readiness.located import LocatedTest
from theodore_qa.run.judge import Judgement

SHIPPED = paths.shipped("variables") / "controls.yaml"
SUITE = """\
*** Test Cases ***
Doors Are Shut
    [Tags]    control:S-1    attack:doors
    Log    x
"""


@pytest.fixture
def files(tmp_path):
    (tmp_path / "variables").mkdir()
    (tmp_path / "suites/security").mkdir(parents=True)
    (tmp_path / "suites/security/doors.robot").write_text(SUITE, encoding="utf-8")

    def write(**control):
        entry = {"title": "Doors", "shows": "They are shut", "cannot_show": "Windows"} | control
        data = {"catalogues": {"S": {"title": "S", "count": 3, "unit": "rules", "ids": "S-(.+)"}}, "controls": {"S-1": entry}}
        path = tmp_path / "variables/controls.yaml"
        path.write_text(safe_dump(data), encoding="utf-8")
        return path

    return write


def located(test, folder="security"):
    return LocatedTest(test.key, f"{folder}/{test.suite}", test.tags, test.verdict)


def verdict(path, tests, *, seen=True, in_suites=None):
    observations = (
        [observation(test, "c", "x", test.verdict) for test in tests if test.verdict in ("PASS", "FAIL")] if seen else []
    )
    (result,) = controls.evaluate(
        catalogue.read(path),
        [located(test) for test in tests],
        Judgement(tests=list(tests), observations=observations),
        in_suites=in_suites,
    )
    return result.verdict, result.reason


def test_a_control_is_supported_by_tests_that_observed_something(files):
    passed = judged("doors.robot", "Doors Are Shut", tags=["control:S-1"])
    assert verdict(files(), [passed]) == ("SUPPORTED", "")
    assert verdict(files(), [passed], seen=False) == (
        "NOT EVALUATED",
        "1 of 1 tests passed without an observation of its own: Doors Are Shut (PASS)",
    )


def test_a_failed_test_contradicts_and_an_open_one_leaves_open(files):
    tests = [
        judged("doors.robot", name, found, tags=["Control:s-1"], line=line)
        for line, (name, found) in enumerate([("A", "PASS"), ("B", "FAIL"), ("C", "SKIP")], 1)
    ]
    assert verdict(files(), tests) == ("CONTRADICTED", "1 of 3 tests failed: B (FAIL)")
    assert verdict(files(), tests[::2]) == ("NOT EVALUATED", "1 of 2 tests have no verdict: C (SKIP)")
    assert verdict(files(), []) == ("NOT EVALUATED", "no test has the tag control:S-1")


def test_tests_feed_by_further_tags_and_by_their_names(files):
    test = judged("doors.robot", "Doors Are Shut", "FAIL", tags=["attack:doors"])
    assert verdict(files(), [test])[0] == "NOT EVALUATED"
    assert verdict(files(tags=["attack:doors"]), [test])[0] == "CONTRADICTED"
    assert verdict(files(tests=["security/doors.robot: Doors Are Shut"]), [test])[0] == "CONTRADICTED"


def test_a_control_whose_tests_are_elsewhere_stays_open(files, tmp_path):
    path = files()
    test = judged("x.robot", "X", tags=["control:S-1"])
    run = [LocatedTest(test.key, "e2e/x.robot", test.tags, "PASS")]
    done = Judgement(tests=[test], observations=[observation(test, "c", "x")])
    known = catalogue.read(path)
    (result,) = controls.evaluate(known, run, done, in_suites=tmp_path / "suites/e2e")
    assert (result.verdict, result.reason) == ("NOT EVALUATED", "its tests in suites/security were not in this run")
    (result,) = controls.evaluate(known, run, done, in_suites=tmp_path / "others")
    assert result.verdict == "SUPPORTED"


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (
            {"tags": ["attack:door"]},
            "There is no test with the tag of S-1, 'attack:door' in the suites that controls.yaml asks for: did you mean 'attack:doors'?",
        ),
        ({"tests": ["security/door.robot: Doors Are Shut"]}, "There is no suite of S-1, 'security/door.robot'"),
        ({"tests": ["security/doors.robot: Doors Are Open"]}, "There is no test of S-1, 'Doors Are Open'"),
        ({"tests": ["Doors Are Shut"]}, "expected FOLDER/FILE.robot: NAME"),
        ({"tag": ["attack:doors"]}, "There is no entry 'tag'"),
        ({"title": 3}, "expected a text"),
    ],
)
def test_what_there_is_not_is_refused(files, entry, message):
    with pytest.raises(UsageError) as error:
        catalogue.read(files(**entry))
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data["catalogues"]["S"].update(count=0), "expected a whole number above 0"),
        (lambda data: data["catalogues"]["S"].update(ids="S-(.+"), "is no regular expression"),
        (lambda data: data["catalogues"]["S"].update(ids="(S)-(.+)"), "has 2 groups, expected one"),
        (
            lambda data: data["catalogues"]["S"].update(ids="T-(.+)"),
            "The id of the control 'S-1' in controls.yaml is like those of no catalogue",
        ),
        (lambda data: data["controls"].update({"S-2": {"title": "x"}}), "S-2"),
        (
            lambda data: data["controls"].update({f"S-{n}": {"title": "x", "reason": "y"} for n in range(5)}),
            "has 3 rules, and 5 are listed",
        ),
    ],
)
def test_a_wrong_catalogue_is_refused(files, change, message):
    path = files()
    data = safe_load(path.read_text())
    change(data)
    path.write_text(safe_dump(data), encoding="utf-8")
    with pytest.raises(UsageError) as error:
        catalogue.read(path)
    assert message in str(error.value)


def test_the_shipped_controls_name_what_there_is_and_every_owasp_entry():
    known = catalogue.read(SHIPPED)
    for standard in known.standards.values():
        if standard.id.startswith("OWASP"):
            assert (standard.count, standard.not_listed) == (10, 0)
    for control in known.controls.values():
        fed = {folder for name in (*control.all_tags, *control.tests) for folder in known.folders[name]}
        assert bool(fed) != bool(control.reason), control.id


def test_every_control_that_a_shipped_suite_names_is_listed():
    texts = "".join(path.read_text() for path in Path(paths.shipped("suites")).rglob("*.robot"))
    named = {tag.casefold() for tag in re.findall(r"(?:control|owasp):\S+", texts)}
    assert named - {control.own_tag.casefold() for control in catalogue.read(SHIPPED).controls.values()} == set()


def test_tags_of_controls_that_are_not_listed_are_said(files):
    tests = [LocatedTest(("a", 1, "A"), "e2e/a.robot", ("control:S-11", "control:other"), "PASS")]
    assert controls.unlisted(catalogue.read(files()), tests) == [
        "The tag control:S-11 of 1 tests names no control that is listed: did you mean control:s-1?",
        "The tag control:other of 1 tests names no control that is listed.",
    ]


def test_a_copy_of_the_shipped_controls_serves_a_project_with_suites_of_its_own(files, tmp_path):
    path = tmp_path / "variables/controls.yaml"
    path.write_text(SHIPPED.read_text(encoding="utf-8"), encoding="utf-8")
    known = catalogue.read(path)
    assert known.folders["scenario:sessions"] == {"e2e"}
    assert known.folders["attack:ssrf"] == set()  # the project's own folder hides the shipped
    (tmp_path / "suites/e2e").mkdir()
    (tmp_path / "suites/e2e/own.robot").write_text(SUITE.replace("attack:doors", "scenario:own"), encoding="utf-8")
    assert catalogue.read(files(tags=["scenario:own"])).folders["scenario:own"] == {"e2e"}


def test_each_shipped_catalogue_says_where_its_units_were_counted():
    assert [name for name, standard in catalogue.read(SHIPPED).standards.items() if not standard.source] == []
