"""`theodore test regression`: each half needs something to compare with, and runs alone."""

import pytest
from click.testing import CliRunner
from robot.model import TagPatterns
from shop import shop

from theodore_qa.cli import main, whole
from theodore_qa.pack.earlier_results import EarlierResults

TESTS = {"functional": (), "load": ("lane:alone", "area:load"), "builds": ("lane:alone", "check:regression")}
BEFORE = EarlierResults("r0", {})


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(whole.earlier_results, "read", lambda *_: BEFORE)
    with shop(tmp_path) as made:
        system = {"url": made.url}
        made.systems = {"shop": system, "shop-reference": system, "before": system}
        made.environment(systems=made.systems, default="shop", allow={"load_max_rps": 50})
        made.suite(("Pens Are Sold", "pens"))
        path = made.suite(("No Slower", "pens"), name="builds", area="performance")
        path.write_text(path.read_text().replace("Library ", "Test Tags    area:load    check:regression    lane:alone\nLibrary "))
        yield made


@pytest.fixture
def runs(monkeypatch):
    """What would be run: the tests that are not excluded, the variables, and the reports beside those of every run."""
    found = []

    def run(_root, _environment, chosen, variables, _options, *more, **_):
        patterns = [pattern for option, pattern in zip(chosen[::2], chosen[1::2], strict=True) if option == "--exclude"]
        found.append(({name for name, tags in TESTS.items() if not TagPatterns(patterns).match(tags)}, variables, len(more)))

    monkeypatch.setattr(whole, "run_suites", run)
    return found


def regression(*options):
    done = CliRunner().invoke(main, ["test", "regression", "--environment", "shop.yaml", *options])
    return done.exit_code, done.output


@pytest.mark.parametrize(
    ("options", "tests", "variables", "reports"),
    [
        (("--against", "r0"), {"functional", "builds"}, {"REFERENCE": "shop-reference"}, 1),
        (("--against", "r0", "--reference", "before"), {"functional", "builds"}, {"REFERENCE": "before"}, 1),
        (("--against", "r0", "--half", "functional"), {"functional"}, {}, 1),
        (("--half", "performance"), {"builds"}, {"REFERENCE": "shop-reference"}, 0),
    ],
)
def test_each_half_runs_what_is_its_own(store, runs, options, tests, variables, reports):
    assert regression(*options) == (0, "")
    assert runs == [(tests, variables, reports)]


def test_no_other_command_of_all_areas_compares_builds(store, runs, monkeypatch):
    monkeypatch.setattr(whole, "PromisesReport", lambda _: None)
    done = CliRunner().invoke(main, ["test", "all", "--environment", "shop.yaml"])
    assert done.exit_code == 0, done.output
    assert runs[0][0] == {"functional", "load"}


@pytest.mark.parametrize(
    ("options", "change", "code", "sentence"),
    [
        ((), {}, 3, "Regression is NOT EVALUATED: nothing to compare with. Name an earlier run by --against"),
        (("--half", "functional"), {}, 3, "Name an earlier run by --against"),
        (("--half", "performance"), {"shop-reference": None}, 3, "Add a reference build as the system 'shop-reference' to shop.yaml"),
        (("--against", "r0"), {"shop-reference": None}, 3, "Regression of performance is NOT EVALUATED: nothing to compare with."),
        (("--half", "performance"), {"allow": {}}, 3, "shop.yaml allows no load"),
        (("--half", "performance", "--reference", "befor"), {}, 2, "did you mean 'before'"),
        (("--half", "performance", "--reference", "shop"), {}, 2, "The reference is the system under test itself, shop"),
    ],
)
def test_a_half_without_something_to_compare_with_is_not_evaluated(store, runs, options, change, code, sentence):
    systems = {name: system for name, system in store.systems.items() if name not in change}
    store.environment(systems=systems, default="shop", allow=change.get("allow", {"load_max_rps": 50}))
    found, output = regression(*options)
    assert (found, sentence in output, runs) == (code, True, []), output


def test_without_a_test_that_compares_builds_nothing_is_evaluated(store, runs, tmp_path):
    (tmp_path / "suites" / "performance" / "builds.robot").unlink()
    code, output = regression("--half", "performance")
    assert (code, "no test has the tag check:regression" in output, runs) == (3, True, [])


def test_an_area_is_left_out_by_tags_that_only_it_has(tmp_path):
    text = "*** Settings ***\nTest Tags    {tags}\n\n*** Test Cases ***\n{area}\n    No Operation\n"
    for area, tags in (("chaos", "area:chaos    lane:alone    system:shop"), ("e2e", "system:shop"), ("load", "lane:alone")):
        (tmp_path / area).mkdir()
        (tmp_path / area / "a.robot").write_text(text.format(tags=tags, area=area))
    assert whole._without(tmp_path, "chaos") == ["--exclude", "area:chaos"]
