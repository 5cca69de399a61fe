"""Suites are divided among the processes of a run."""

import subprocess
import sys
from pathlib import Path

import pytest

from theodore_qa.run import dealing, plan

NAMES = [f"Root.Part {number:02}" for number in range(65)]


@pytest.mark.parametrize(("suites", "processes", "number"), [(65, 2, 6), (65, 1, 3), (13, 2, 2), (12, 4, 4), (3, 4, 3), (1, 2, 1), (0, 2, 0)])
def test_hands_are_alike_and_hold_every_suite_once(suites, processes, number):
    dealt = dealing.hands(NAMES[:suites], processes, {})
    assert len(dealt) == number
    assert sorted(name for hand in dealt for name in hand) == NAMES[:suites]
    sizes = {len(hand) for hand in dealt}
    assert not sizes or max(sizes) - min(sizes) <= 1


def test_neighbours_go_to_other_hands(tmp_path):
    options = dealing.options(NAMES[:4], 2, ["--include", "x"], tmp_path / "ordering.txt")
    assert options == ["--ordering", str(tmp_path / "ordering.txt")]
    assert (tmp_path / "ordering.txt").read_text(encoding="utf-8").splitlines() == [
        "{", "--suite Root.Part 00", "--suite Root.Part 02", "}", "{", "--suite Root.Part 01", "--suite Root.Part 03", "}",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("usual", "hands"),
    [
        ({"Long": 60, "A": 10, "B": 10, "C": 10}, [["Long"], ["A", "B", "C"]]),
        ({"Long": 30, "A": 2}, [["Long", "A"], ["B", "C"]]),  # B and C as long as these two in the mean
        ({"Long": 3, "A": 0, "B": 0, "C": 0}, [["Long"], ["A", "B", "C"]]),  # each has a set-up
        ({"Long": 30}, [["A", "C"], ["B", "Long"]]),  # too little is known
        ({"Long": 0, "A": 0, "B": 0, "C": 0}, [["A", "C"], ["B", "Long"]]),
    ],
)
def test_hands_take_equally_long_where_earlier_times_are_known(usual, hands):
    assert dealing.hands(["A", "B", "C", "Long"], 2, usual) == hands


def test_the_times_of_suites_are_those_of_their_tests_that_run_beside_others():
    tests = [("a.robot", "One", ()), ("a.robot", "Two", ()), ("a.robot", "Three", (plan.ALONE,)), ("b.robot", "One", ())]
    planned = plan.Plan(
        Path("root"),
        tuple(plan.Planned(source, line, name, tags) for line, (source, name, tags) in enumerate(tests)),
        suites={"Root.A": "a.robot", "Root.B": "b.robot"},
    )
    usual = {("a.robot", "One"): 2.0, ("a.robot", "Two"): 3.0, ("a.robot", "Three"): 60.0, ("a.robot", "Gone"): 9.0}
    assert planned.usual_seconds(usual) == {"Root.A": 5.0}


@pytest.mark.parametrize(
    ("given", "options"),
    [(["--ordering", "mine"], []), (["--chunk"], []), (["--shard", "1/2"], ["--chunk"]), (["--name=Other"], ["--chunk"])],
)
def test_an_order_of_the_user_stays(given, options, tmp_path):
    assert dealing.options(NAMES, 2, given, tmp_path / "ordering.txt") == options
    assert not (tmp_path / "ordering.txt").exists()


def test_a_plan_names_suites_that_run_side_by_side_and_pabot_runs_each_once(tmp_path):
    root = tmp_path / "root"
    (root / "in brackets").mkdir(parents=True)
    for path in ("a.robot", "in brackets/b & c.robot", "d.robot", "e.robot"):
        (root / path).write_text("*** Test Cases ***\nA\n    No Operation\n", encoding="utf-8")
    (root / "alone.robot").write_text("*** Test Cases ***\nA\n    [Tags]    lane:alone\n    No Operation\n", encoding="utf-8")
    planned = plan.make(root, [], tmp_path)
    assert planned.suites == {
        "Root.A": "a.robot", "Root.D": "d.robot", "Root.E": "e.robot", "Root.In Brackets.B & C": "in brackets/b & c.robot",
    }  # fmt: skip
    command = ["--command", sys.executable, "-m", "robot", "--end-command", "--no-rebot", "--no-pabotlib", "--processes", "2"]
    order = dealing.options(list(planned.suites), 2, [], tmp_path / "ordering.txt")
    subprocess.run(
        [sys.executable, "-m", "pabot.pabot", *command, *order, "--exclude", plan.ALONE, "--outputdir", tmp_path / "out", root],
        cwd=tmp_path, capture_output=True, check=False,
    )  # fmt: skip
    outputs = [path.read_text(encoding="utf-8") for path in (tmp_path / "out").rglob("output.xml")]
    assert sorted(output.count("<test ") for output in outputs) == [2, 2]
