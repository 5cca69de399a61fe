"""When a mutant counts as noticed: by a test that is red with it and green without it, and by nothing else."""

import itertools
import json
import subprocess

import pytest
from robot import running

from theodore_qa.errors import UsageError
from theodore_qa.sensitivity import trial
from theodore_qa.sensitivity.mutation import journal, report_json, trying
from theodore_qa.sensitivity.mutation.choice import draw
from theodore_qa.sensitivity.mutation.current_test import CurrentTest
from theodore_qa.sensitivity.mutation.figures import Figures, survivors_text
from theodore_qa.sensitivity.mutation.nearness import nearest, nearest_tests
from theodore_qa.sensitivity.mutation.reach import Reach, SuiteReach
from theodore_qa.sensitivity.trial import TrialResult

SOURCE = "MOST = 3\n\n\ndef few(rows):\n    return rows[:MOST]\n\n\ndef idle():\n    return 1\n"
SOURCES = {"code.py": SOURCE}
SUITES = ("login", "search", "pages", "names")


def suite(name, *lines):
    return SuiteReach(name, "text", 2.0, ["Row"], {"code.py": [1, 4, 8, *lines]})


def reach():
    return Reach("digest", {name: suite(name, *(() if name == "login" else (5,))) for name in SUITES})


def row(suite_name, verdict, name="Row", message=""):
    return {"suite": f"{suite_name}.robot", "name": name, "verdict": verdict, "message": message}


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """Trials whose suites are red as a test says, by name: with the mutant, and without it."""

    class Bench:
        def __init__(self):
            package = tmp_path / "package"
            package.mkdir()
            (package / "code.py").write_text(SOURCE)
            self.trials = trying.Trials(package, SOURCES, reach(), tmp_path, 99)
            self.mutated, self.healthy, self.ran, self.problem, self.message = {}, {}, [], "", ""
            self.named, self.stopping = [], False

        def command(self, folder, *, area="e2e", suites=(), packages=None, options=(), longest=0):
            self.ran.append((area, *suites, "mutated" if packages else "healthy"))
            self.named.append([name for option, name in itertools.pairwise(options) if option == "--test"])
            verdicts = self.mutated if packages else self.healthy
            names = suites or (area,)
            if "overdue" in (verdicts.get(name) for name in names):
                return TrialResult(trial.OVERDUE, console="not ended")
            tests = [
                row(name, verdicts.get(name, "PASS"), message=self.message) for name in names if verdicts.get(name) != "none"
            ]
            if self.stopping:  # as Robot does after the first failure
                failed = next((number for number, test in enumerate(tests) if test["verdict"] == "FAIL"), len(tests))
                tests[failed + 1 :] = [row(test["suite"][:-6], "FAIL", message=trying.STOPPED) for test in tests[failed + 1 :]]
            return TrialResult(0, tests, console="why")

        def result(self, before=None, line=5):
            found = draw(SOURCES, 1, 1, within=lambda _, number: number == line).mutants[0]
            return self.trials.try_mutant(found, before)

    made = Bench()
    monkeypatch.setattr(trying.trial, "command", made.command)
    monkeypatch.setattr(trying, "started", lambda packages: made.problem)
    return made


def test_a_red_test_that_is_green_without_the_mutant_notices_it(bench):
    bench.mutated["pages"] = "FAIL"
    result = bench.result()
    assert (result.status, result.by) == ("killed", "pages > Row")
    assert bench.ran == [("e2e", "names", "pages", "search", "mutated"), ("e2e", "pages", "healthy")]


@pytest.mark.parametrize(
    ("mutated", "healthy", "status"),
    [
        ({}, {}, "survived"),
        ({"pages": "FAIL"}, {"pages": "FAIL"}, "not evaluated"),
        ({"pages": "FAIL"}, {"pages": "none"}, "not evaluated"),
        ({"pages": "NOT EVALUATED"}, {}, "killed"),
        ({"pages": "SKIP"}, {}, "survived"),
        (dict.fromkeys(SUITES, "none"), {}, "not evaluated"),
        ({"search": "overdue"}, {}, "timed out"),
        ({"search": "overdue"}, {"search": "overdue"}, "not evaluated"),
    ],
)
def test_what_counts(bench, mutated, healthy, status):
    bench.mutated, bench.healthy = mutated, healthy
    assert bench.result().status == status


def test_a_mutant_that_does_not_start_is_of_its_own_kind(bench):
    bench.problem = "NameError: name 'x' is not defined"
    result = bench.result()
    assert (result.status, result.reason, bench.ran) == ("does not start", bench.problem, [])


@pytest.mark.parametrize(("late", "status"), [(("mutated",), "does not start"), (("mutated", "healthy"), "not evaluated")])
def test_a_late_start_counts_only_if_it_is_not_late_without_the_mutant(bench, monkeypatch, late, status):
    def started(packages):
        if packages.name in late:
            raise subprocess.TimeoutExpired("python", trying.START_TIME)
        return ""

    monkeypatch.setattr(trying, "started", started)
    result = bench.result()
    assert (result.status, bench.ran) == (status, [])
    assert result.reason.startswith("it was not ready within 120 s")


def test_what_was_stopped_after_the_first_failure_notices_nothing(bench):
    bench.mutated, bench.message = {"pages": "FAIL"}, "Test execution stopped due to exit-on-failure mode."
    assert bench.result().status == "survived"


def test_a_test_that_is_red_in_the_healthy_runs_notices_nothing(bench):
    bench.mutated["pages"] = "FAIL"
    bench.trials.reach.suites["pages"].passed.clear()
    assert bench.result().status == "survived"


def test_a_line_that_no_suite_reaches_is_no_kill(bench):
    result = bench.result(line=9)
    assert (result.status, result.noticed, result.reason) == ("not reached", False, "no suite reaches the line")


def test_a_survivor_goes_on_where_an_earlier_run_stopped(bench):
    bench.trials.most = 1
    before = bench.result()
    assert before.suites == ["names"]
    found = draw(SOURCES, 1, 1, within=lambda _, number: number == 5).mutants[0]
    assert not bench.trials.open(found, before)
    bench.trials.most = 99
    assert bench.trials.open(found, before)
    bench.ran.clear()
    assert bench.result(before).suites == ["names", "pages", "search"]
    assert bench.ran == [("e2e", "pages", "search", "mutated")]


def with_tests(trials, **tests):
    """Give suites a record of their tests, each of which reaches line 5."""
    for name, names in tests.items():
        trials.reach.suites[name].tests.update({test: {"code.py": [4, 5]} for test in names})


def test_the_nearest_tests_come_first_and_a_kill_by_one_needs_no_whole_suite(bench):
    with_tests(bench.trials, pages=["Row", "Other [row]"], search=["Row"])
    bench.mutated["search"] = "FAIL"
    result = bench.result()
    assert (result.status, result.by) == ("killed", "search > Row")
    assert bench.ran == [("e2e", "pages", "search", "mutated"), ("e2e", "search", "healthy")]
    assert bench.named == [["Other [[]row]", "Row", "Row"], ["Row"]]


def test_a_survivor_of_the_nearest_tests_meets_the_suites(bench):
    with_tests(bench.trials, pages=["Row"])
    result = bench.result()
    assert (result.status, result.tests, result.suites) == ("survived", 4, ["names", "pages", "search"])
    assert bench.ran == [("e2e", "pages", "mutated"), ("e2e", "names", "pages", "search", "mutated")]


def test_the_nearest_tests_alone_are_enough_for_a_survivor(bench):
    with_tests(bench.trials, pages=["Row"])
    bench.trials.most = 0
    result = bench.result()
    assert (result.status, result.tests, result.suites) == ("survived", 1, [])


def test_a_test_that_is_red_alone_is_not_asked_again(bench):
    with_tests(bench.trials, pages=["Row"])
    bench.mutated, bench.healthy = {"pages": "FAIL"}, {"pages": "FAIL"}
    assert bench.result().status == "not evaluated"
    assert bench.trials.red_alone == {("pages", "Row")}
    bench.ran.clear()
    bench.result()
    assert bench.ran[0] == ("e2e", "names", "pages", "search", "mutated")


def test_a_test_that_is_red_alone_leaves_those_behind_it_to_be_run(bench):
    with_tests(bench.trials, pages=["Row"], search=["Row"])
    bench.mutated, bench.healthy = {"pages": "FAIL"}, {"pages": "FAIL"}
    bench.stopping = True
    bench.result()
    assert bench.ran[:3] == [("e2e", "pages", "search", "mutated"), ("e2e", "pages", "healthy"), ("e2e", "search", "mutated")]


def test_of_two_tests_that_are_as_near_that_of_another_suite_comes_first():
    found = reach()
    for name, tests in (("pages", ("First", "Second", "Third")), ("search", ("Only",))):
        found.suites[name].tests.update({test: {"code.py": [4, 5]} for test in tests})
    found.suites["names"].tests["Elsewhere"] = {"code.py": [1, 9]}
    assert nearest_tests(found, SOURCES, "code.py", 5, 2) == [("pages", "First"), ("search", "Only")]
    assert len(nearest_tests(found, SOURCES, "code.py", 5, 9)) == 4


def test_the_name_of_the_running_test_is_in_the_file_from_the_setup_of_its_suite_on(tmp_path):
    suite = running.TestSuite("Pages")
    listener = CurrentTest(str(tmp_path / "current"))
    listener.start_suite(suite, None)
    assert not (tmp_path / "current").exists()
    first, second = suite.tests.create("Erste Seite"), suite.tests.create("Zweite ✓")
    listener.start_suite(suite, None)
    assert (tmp_path / "current").read_text(encoding="utf-8") == first.name
    listener.start_test(second, None)
    assert (tmp_path / "current").read_text(encoding="utf-8") == second.name


def test_the_nearest_suite_reaches_the_line_and_little_else():
    found = reach()
    found.suites["pages"] = suite("pages")
    found.suites["search"] = SuiteReach("search", "text", 9.0, ["Row"], {"code.py": [1, 4, 5, 8]})
    assert nearest(found, SOURCES, "code.py", 5) == ["names", "search"]
    assert nearest(found, SOURCES, "code.py", 1)[:2] == ["names", "search"]
    assert set(nearest(found, SOURCES, "code.py", 1)) == set(SUITES)


def results(*statuses, family="boundary"):
    found = draw(SOURCES, 1, 1, within=lambda _, number: number == 5).mutants[0]
    made = []
    for number, status in enumerate(statuses):
        result = trying.Result.of(found)
        result.id, result.status, result.family = f"m{number}", status, family
        result.by = "pages > Row" if status == "killed" else ""
        made.append(result)
    return made


def test_a_stopped_run_goes_on_and_a_torn_line_is_dropped(tmp_path):
    header = {"source": "digest", "seed": 7, "mutants": 3, "suites": None}
    kept = journal.begin(tmp_path, header)
    first, second = results("killed", "survived")
    kept.add(first)
    kept.add(second)
    with kept.path.open("a") as file:
        file.write('{"id": "m3", "file": "co')
    again = journal.resume(tmp_path, "digest")
    assert (again.header, [result.status for result in again.results.values()]) == (header, ["killed", "survived"])
    second.status = "killed"
    again.add(second)
    assert journal.resume(tmp_path, "digest").results["m1"].status == "killed"
    assert (tmp_path / "mutants.jsonl").read_text().count("\n") == 4
    with pytest.raises(UsageError, match="source has changed since the run"):
        journal.resume(tmp_path, "other")
    with pytest.raises(UsageError, match="There is no run of mutants in"):
        journal.resume(tmp_path / "empty", "digest")


def test_a_new_run_moves_the_earlier_results_aside(tmp_path):
    journal.begin(tmp_path, {"source": "a"})
    journal.begin(tmp_path, {"source": "b"})
    assert json.loads((tmp_path / "mutants.earlier.jsonl").read_text()) == {"source": "a"}


@pytest.mark.parametrize(
    ("killed", "survived", "verdict", "code"),
    [
        (22, 0, "PASS", 0),
        (21, 0, "NOT EVALUATED", 0),
        (40, 4, "NOT EVALUATED", 3),
        (30, 20, "FAIL", 1),
        (267, 33, "FAIL", 1),
        (271, 29, "PASS", 0),
        (0, 1, "FAIL", 1),
        (0, 0, "NOT EVALUATED", 3),
    ],
)
def test_the_lower_end_of_the_interval_is_compared_with_the_goal(killed, survived, verdict, code):
    figures = Figures(results(*["killed"] * killed, *["survived"] * survived))
    assert (figures.verdict, figures.exit_code) == (verdict, code)


def test_figures_show_each_family_and_what_is_in_no_share():
    found = results("killed", "timed out", "survived", "not reached") + results("does not start", "not evaluated", family="call")
    lines = list(Figures(found).lines())
    assert lines[0] == "Mutants, boundary: 2 of 4 = 50% (95 %: 15% to 85%)"
    assert lines[1] == "Mutants, all families: 2 of 4 = 50% (95 %: 15% to 85%)"
    assert "Mutants, in no share: the sandbox does not start: 1" in lines
    assert Figures(found).exit_code == 3


def test_a_part_of_the_suites_claims_no_score():
    figures = Figures(results("killed", "survived", "survived", "survived"), part=True)
    assert (figures.verdict, figures.exit_code) == ("NOT EVALUATED", 0)
    assert Figures(results("survived"), part=True).exit_code == 1
    assert Figures(results("killed"), part=True, red={"pages": "Row: no"}).exit_code == 1


def test_survivors_are_listed_with_file_line_and_change():
    text = survivors_text(Figures(results("killed", "survived")).survivors)
    assert text.startswith("code.py:5 (boundary, ")
    assert "-    return rows[:MOST]" in text
    assert text.count("code.py:5") == 1


def test_the_document_is_as_mutation_testing_elements_reads_it():
    statuses = ("killed", "timed out", "survived", "not reached", "does not start", "not evaluated")
    equivalent = draw(SOURCES, 1, 1, within=lambda _, number: number == 1).mutants[0]
    document = report_json.document(results(*statuses), SOURCES, [(equivalent, "nobody sees it")])
    assert document["schemaVersion"] == "2"
    assert document["thresholds"] == {"high": 90, "low": 85}
    (file,) = document["files"].values()
    assert (file["language"], file["source"]) == ("python", SOURCE)
    allowed = {"Killed", "Survived", "NoCoverage", "CompileError", "RuntimeError", "Timeout", "Ignored", "Pending"}
    found = file["mutants"]
    assert len({mutant["id"] for mutant in found}) == len(found) == 7
    for mutant in found:
        assert mutant["status"] in allowed
        assert isinstance(mutant["mutatorName"], str)
        for point in (mutant["location"]["start"], mutant["location"]["end"]):
            assert 1 <= point["line"] <= 9
            assert point["column"] >= 1
    assert {mutant["status"] for mutant in found} == allowed - {"CompileError"}
    assert [mutant["statusReason"] for mutant in found if mutant["status"] == "Ignored"] == ["nobody sees it"]
    known = {test["id"] for file in document["testFiles"].values() for test in file["tests"]}
    assert {name for mutant in found for name in mutant.get("killedBy", ())} == known == {"pages > Row"}


def test_a_constant_is_near_to_the_tests_that_reach_what_uses_it_whoever_imported_it():
    found = reach()
    found.suites["names"].tests["First"] = {"code.py": [1, 4, 8, 9]}  # came first, so that it imported the module
    found.suites["pages"].tests["Row"] = {"code.py": [5]}
    assert nearest_tests(found, SOURCES, "code.py", 1, 9) == [("pages", "Row"), ("names", "First")]
