"""Slips of a file: read, applied, tried alone and together."""

import json
from types import SimpleNamespace

import pytest
import yaml

from theodore_qa.errors import UsageError
from theodore_qa.sensitivity import trial
from theodore_qa.sensitivity.mutation import slip_proof, slips, stages, trying
from theodore_qa.sensitivity.mutation.mutant import joined
from theodore_qa.sensitivity.mutation.reach import Reach, SuiteReach
from theodore_qa.sensitivity.trial import TrialResult

SOURCE = "MOST = 3\n\n\ndef few(rows):\n    return rows[:MOST]\n\n\ndef many(rows):\n    return rows[MOST:]\n"
SUITES = ("login", "search", "pages", "names")


def entry(name="few", before="rows[:MOST]", after="rows[:2]", **more):
    texts = {"area": "pages", "promise": "p", "file": "theodore_sandbox/code.py", "seen_by": "a list", "suite": "e2e"}
    return texts | {"id": name, "before": before, "after": after} | more


def written(folder, *entries):
    path = folder / "slips.yaml"
    path.write_text(yaml.safe_dump(list(entries)))
    return path


def test_a_slip_becomes_a_mutant_of_the_first_line_that_it_changes(tmp_path):
    (slip,) = slips.read(
        written(tmp_path, entry(before="def few(rows):\n    return rows[:MOST]", after="def few(rows):\n    return rows"))
    )
    mutant = slip.mutant({"code.py": SOURCE})
    assert (mutant.candidate.line, mutant.candidate.family, mutant.change) == (5, "pages", ("return rows[:MOST]", "return rows"))


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"before": "rows[:9]"}, "the text that it changes stands 0 times in theodore_sandbox/code.py, expected once"),
        ({"before": "rows["}, "the text that it changes stands 2 times in theodore_sandbox/code.py, expected once"),
        ({"before": "  "}, "the text that it changes stands 0 times"),
        ({"file": "theodore_sandbox/none.py"}, "theodore_sandbox/none.py is no file of theodore_sandbox"),
        ({"file": "../theodore_qa/errors.py"}, "is no file of theodore_sandbox"),
        ({"after": "rows[:"}, "theodore_sandbox/code.py would be no Python: "),
        ({"after": "rows[:MOST]  # all"}, "it changes nothing that theodore_sandbox/code.py does"),
    ],
)
def test_a_slip_that_cannot_be_applied_says_why(tmp_path, changed, reason):
    (slip,) = slips.read(written(tmp_path, entry(**changed)))
    assert reason in slip.mutant({"code.py": SOURCE})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must hold a list of slips"),
        ("slips: []", "must hold a list of slips"),
        ("- few", "Slip 1 of slips.yaml must have the texts id, area, .*, observed 'few'"),
        ("- {id: few, befor: x}", "observed id, befor"),
        (yaml.safe_dump([entry(id=1)]), "Slip 1 of slips.yaml must have the texts"),
        (yaml.safe_dump([entry(), entry()]), "Two slips of slips.yaml have the id 'few'"),
    ],
)
def test_a_file_that_is_none_of_slips_is_refused(tmp_path, text, message):
    path = tmp_path / "slips.yaml"
    path.write_text(text)
    with pytest.raises(UsageError, match=message):
        slips.read(path)


def test_mutants_of_the_same_lines_are_not_joined(tmp_path):
    mutants = {
        slip.id: slip.mutant({"code.py": SOURCE})
        for slip in slips.read(
            written(
                tmp_path,
                entry(),
                entry("same", after="rows[:1]"),
                entry("more", "MOST = 3", "MOST = 3\nLEAST = 1"),
                entry("many", "    return rows[MOST:]\n", "    return rows\n"),
            )
        )
    }
    changed, fitting = joined(mutants)
    assert fitting == ["few", "more", "many"]
    expected = SOURCE.replace("rows[:MOST]", "rows[:2]").replace("rows[MOST:]", "rows").replace("= 3", "= 3\nLEAST = 1")
    assert changed == {"code.py": expected}


@pytest.fixture
def proof(tmp_path, monkeypatch):
    """A proof whose suites are red as a test says: by the text that a sandbox holds, the suites that notice it."""

    class Proof:
        def __init__(self):
            self.package = tmp_path / "theodore_sandbox"
            self.package.mkdir()
            (self.package / "code.py").write_text(SOURCE)
            self.noticed, self.ran, self.lines, self.rows, self.named = {}, [], [], [], []
            self.needs_others = set()
            self.areas = {"chaos": ("restart", "network"), "security": ("attacks",), "performance": ("load",)}  # of unknown reach

        def command(self, folder, *, area="e2e", suites=(), packages=None, options=(), longest=0):
            text = (packages / "theodore_sandbox" / "code.py").read_text() if packages else SOURCE
            self.named.append([part for part in options if part not in ("--test", "--exitonfailure")])
            self.ran.append((*(suites or (f"{area}/",)), *sorted(part for part in self.noticed if part in text)))
            alone = set(suites) & self.needs_others if "Row" in options else set()
            red = alone | {name for part, names in self.noticed.items() if part in text for name in names}
            tests = [
                {"suite": f"{name}.robot", "name": "Row", "verdict": "FAIL" if name in red else "PASS"}
                for name in suites or self.areas.get(area, ())
            ]
            return TrialResult(0, tests, console="why")

        def run(self, path, **more):
            bench = SimpleNamespace(folder=tmp_path / "work", workers=1, add=lambda *row: self.rows.append(row))
            bench.each = lambda items, work: [work(number, item) for number, item in enumerate(items)]
            results = tmp_path / "results"
            return slip_proof.prove(bench, [], slip_proof.SlipScope(path, **more), results, self.lines.append)

    made = Proof()
    lines = {"code.py": [1, 4, 5, 8, 9]}
    made.known = known = Reach("digest", {name: SuiteReach(name, "text", 2.0, ["Row"], lines) for name in SUITES})
    monkeypatch.setattr(slip_proof.proof, "recorded", lambda *_, **__: known)
    monkeypatch.setattr(slip_proof.paths, "package", lambda _: made.package)
    monkeypatch.setattr(trial, "command", made.command)
    monkeypatch.setattr(trying, "started", lambda _: "")
    monkeypatch.setattr(stages, "started", lambda _: "")
    return made


def test_slips_are_caught_alone_or_together_or_survive(tmp_path, proof):
    proof.noticed = {"rows[:2]": ["login"], "= 4": ["search"]}
    path = written(
        tmp_path, entry(), entry("most", "MOST = 3", "MOST = 4"), entry("many", "rows[MOST:]", "rows"), entry("lost", "x", "y")
    )
    figures = proof.run(path, most=1)
    by = {name: (result.status, result.by, result.tests) for name, result in figures.results.items()}
    assert by == {
        "few": ("killed", "login > Row", 0), "most": ("killed", "search > Row", 1), "many": ("survived", "", 3),
    }  # fmt: skip
    assert figures.survivors == ["many"]
    assert (figures.exit_code, str(figures.share())) == (3, "2 of 3 = 67% (95 %: 21% to 94%)")
    document = json.loads((tmp_path / "results" / "slips.json").read_text())
    assert (document["caught"], document["tried"], document["interval"]) == (2, 3, [0.208, 0.939])
    assert [(slip["id"], slip["status"]) for slip in document["slips"]][-1] == ("lost", "not applied")
    assert [row[1:3] for row in proof.rows] == [("few", True), ("most", True), ("many", False), ("lost", False)]


def test_a_survivor_meets_alone_only_the_suites_that_were_red_for_all(tmp_path, proof):
    proof.noticed = {"rows[:2]": ["search"]}
    proof.run(written(tmp_path, entry(), entry("many", "rows[MOST:]", "rows[3:]")), most=1)
    alone = [names for names in proof.ran if names[0] == "search"]
    assert alone == [("search", "rows[:2]"), ("search",), ("search",)]
    assert proof.named[-3:] == [["Row"], ["Row"], ["Row"]]


def test_a_red_test_sees_what_another_one_has_made_by_the_line(tmp_path, proof):
    proof.known.suites["search"].tests.update({"First": {"code.py": [5]}, "Row": {"code.py": [9]}})
    proof.noticed = {"rows[:2]": ["search"]}
    figures = proof.run(written(tmp_path, entry()), most=0)
    assert figures.results["few"].by == "search > Row"


def test_each_survivor_is_noticed_by_its_own_red_test(tmp_path, proof):
    for number, name in ((5, "search"), (9, "pages")):
        proof.known.suites[name].tests["Row"] = {"code.py": [number]}
    proof.noticed = {"rows[:2]": ["search"], "rows[3:]": ["pages"]}
    figures = proof.run(written(tmp_path, entry(), entry("many", "rows[MOST:]", "rows[3:]")), most=0)
    assert figures.survivors == []
    assert {name: result.by for name, result in figures.results.items()} == {"few": "search > Row", "many": "pages > Row"}


def test_a_red_test_that_needs_those_before_it_is_tried_with_its_whole_suite(tmp_path, proof):
    proof.noticed, proof.needs_others = {"rows[:2]": ["search"]}, {"search"}
    figures = proof.run(written(tmp_path, entry()), most=0)
    assert figures.results["few"].by == "search > Row"


def test_everywhere_a_survivor_meets_areas_whose_reach_is_not_known(tmp_path, proof):
    proof.noticed = {"rows[:2]": ["restart"]}
    figures = proof.run(written(tmp_path, entry(), entry("many", "rows[MOST:]", "rows[3:]")), everywhere=True)
    by = {name: (result.status, result.by) for name, result in figures.results.items()}
    assert by == {"few": ("killed", "restart > Row"), "many": ("survived", "")}


def test_a_proof_goes_on_where_it_was_stopped_and_with_the_same_slips_only(tmp_path, proof):
    path = written(tmp_path, entry(), entry("many", "rows[MOST:]", "rows"))
    assert proof.run(path).survivors == ["few", "many"]
    proof.ran.clear()
    assert proof.run(path, resumed=True).survivors == ["few", "many"]
    assert proof.ran == []
    with pytest.raises(UsageError, match="tried other slips than these"):
        proof.run(path, only=["few"], resumed=True)


def test_some_slips_are_chosen_by_id_or_drawn_by_the_seed(tmp_path, proof):
    path = written(tmp_path, *(entry(f"few{number}", after=f"rows[:{number}]") for number in range(6)))
    assert list(proof.run(path, only=["few4"]).results) == ["few4"]
    drawn = list(proof.run(path, sample=3, seed=5).results)
    assert len(drawn) == 3
    assert list(proof.run(path, sample=3, seed=5).results) == drawn
    with pytest.raises(UsageError, match="There is no slip .few. in slips.yaml"):
        proof.run(path, only=["few"])


@pytest.mark.parametrize(
    ("statuses", "code", "verdict"),
    [
        (["killed"] * 6 + ["survived"], 0, "PASS"),
        (["killed"] * 5 + ["survived"], 1, "FAIL"),
        (["killed", "not evaluated"], 3, "NOT EVALUATED"),
        (["killed", "does not start"], 3, "NOT EVALUATED"),
        ([], 3, "NOT EVALUATED"),
    ],
)
def test_the_goal(tmp_path, statuses, code, verdict):
    (slip,) = slips.read(written(tmp_path, entry()))
    results = {}
    for number, status in enumerate(statuses):
        results[f"s{number}"] = trying.Result.of(slip.mutant({"code.py": SOURCE}))
        results[f"s{number}"].status = status
    figures = slip_proof.SlipFigures(results)
    assert figures.exit_code == code
    assert list(figures.lines())[-1] == f"{verdict} at least 85% of the slips are caught"
