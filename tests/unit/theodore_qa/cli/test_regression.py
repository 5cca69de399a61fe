"""`theodore test regression`: each half needs something to compare with, and runs alone."""

import json

import pytest
from click.testing import CliRunner
from shop import shop

from theodore_qa.cli import main
from theodore_qa.run import side_by_side


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with shop(tmp_path) as made:
        public = {"url": made.url, "public": ["GET /items/pens"]}
        before = {"url": f"{made.url}/", "public": ["GET /items/pens"]}
        made.environment(systems={"shop": public, "before": before}, default="shop", allow={"load_max_rps": 50})
        yield made


def regression(*options):
    done = CliRunner().invoke(main, ["test", "regression", "--environment", "shop.yaml", *map(str, options)])
    return done.exit_code, done.output


@pytest.fixture
def engine(monkeypatch):
    """A load engine that finds the build under test as much slower as is set, without errors."""
    made = {"ratio": 1.0, "errors": 0, "scenarios": []}

    def loaded(scenario, folder, build):
        made["scenarios"].append(scenario)
        tested = build == side_by_side.TESTED
        return {"pens": {"p50": 0.1 * (made["ratio"] if tested else 1), "errors": made["errors"] if tested else 0}}

    monkeypatch.setattr(side_by_side, "_loaded", loaded)
    return made


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ((), "Name an earlier run by --against, such as a folder in results/evidence, and name a build by --reference"),
        (("--half", "functional"), "Name an earlier run by --against"),
        (("--half", "performance", "--against", "x"), "Name a build by --reference"),
        (("--against", "x"), "Name a build by --reference"),
    ],
)
def test_a_half_without_a_reference_is_not_evaluated(store, options, sentence):
    code, output = regression(*options)
    assert (code, "Regression is NOT EVALUATED: nothing to compare with." in output) == (3, True)
    assert sentence in output


@pytest.fixture
def performance(store, tmp_path):
    """The options for a comparison with a build before this one."""
    with shop(tmp_path / "before") as before:
        yield ("--half", "performance", "--reference", before.url, "--seed", "7")


@pytest.mark.parametrize(
    ("ratio", "errors", "code", "line"),
    [
        (1.0, 0, 0, "PERFORMANCE: UNCHANGED: pens: 1.000 of the reference's median (11 pairs, 99 %: 1.000 to 1.000)"),
        (1.5, 0, 1, "FAIL: Performance: REGRESSED: pens: 1.500"),
        (0.5, 0, 0, "PERFORMANCE: IMPROVED: pens: 0.500"),
        (1.0, 2, 1, "22 answers were not as expected, all of the reference were."),
    ],
)
def test_the_performance_half_alone(performance, engine, ratio, errors, code, line, tmp_path):
    engine |= {"ratio": ratio, "errors": errors}
    found, output = regression(*performance)
    assert (found, line in output) == (code, True), output
    assert json.loads((tmp_path / "results" / "builds.json").read_text())["seed"] == 7
    scenario = engine["scenarios"][0]
    assert scenario["limits"] == {"max_rps": 50}
    (step,) = scenario["journeys"][0]["steps"]
    assert (step["request"], step["expect"]) == ("GET /items/pens", {"status": 200, "fields": {"state": "*"}})


def test_too_few_rounds_cannot_decide(performance, engine):
    code, output = regression(*performance, "--rounds", "3")
    assert (code, "INCOMPLETE: Performance: INCONCLUSIVE: pens: " in output) == (3, True)
    assert "8 pairs are the least that could decide" in output


@pytest.mark.parametrize(
    ("options", "code", "sentence"),
    [
        (("--reference", "befor"), 2, "did you mean 'before'"),
        (("--reference", "shop"), 2, "The reference is the system under test itself"),
        (("--reference", "before"), 2, "The reference is the system under test itself"),  # by another name
        (("--reference", "http://example.com"), 2, "is no address on a host that shop.yaml lists (127.0.0.1)"),
        (("--reference", "ftp://127.0.0.1"), 2, "is no address on a host that shop.yaml lists"),
        (("--reference", "http://127.0.0.1:1", "--load", "none.yaml"), 2, "none.yaml"),
    ],
)
def test_a_reference_that_is_none_is_wrong_usage(store, engine, options, code, sentence):
    found, output = regression("--half", "performance", *options)
    assert (found, sentence in output) == (code, True), output


def test_a_build_that_answers_with_nothing_is_no_faster(store, tmp_path):
    with shop(tmp_path / "before") as before:
        store.answer = {}
        code, output = regression("--half", "performance", "--reference", before.url, "--rounds", "1")
    assert code == 1, output
    assert "REGRESSED: GET /items/pens: 100 answers were not as expected, all of the reference were" in output


def test_an_environment_that_allows_no_load_is_left_alone(store, performance, engine):
    store.environment(default="shop")
    code, output = regression(*performance)
    assert (code, "allows no load" in output, engine["scenarios"]) == (2, True, [])
