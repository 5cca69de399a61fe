"""Options of the command."""

from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from theodore_qa.cli import areas, main
from theodore_qa.cli.areas import _seconds
from theodore_qa.cli.robot_options import split_options
from theodore_qa.errors import UsageError


def test_options_are_split_between_robot_and_pabot(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "v.py").write_text("")
    robot, pabot, xunit = split_options(
        ("--include", "x", "--processtimeout", "5", "--variablefile", "v.py", "--chunk", "--xunit", "x.xml")
    )
    assert robot == ["--include", "x", "--variablefile", str(tmp_path / "v.py")]
    assert pabot == ["--processtimeout", "5", "--chunk"]
    assert xunit == tmp_path / "x.xml"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            ("--outputdir", "there"),
            "The option --outputdir does not go to Robot: name the folder of all results by --results DIR.",
        ),
        (("-l=log.html",), "The option -l does not go to Robot: name the folder of all results by --results DIR."),
        (("--bogus",), "Robot does not take what follows '--': option --bogus not recognized."),
        (
            ("a.robot",),
            "'a.robot' is no option: the suites are those of the area. Select some by -- --suite NAME, or by their tags.",
        ),
    ],
)
def test_what_robot_must_not_get(given, sentence):
    with pytest.raises(UsageError) as caught:
        split_options(given)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["--suite", "sessions"], "--suite is an option of Robot or pabot: give it after '--'."),
        (["--testlevelsplit"], "--testlevelsplit is an option of Robot or pabot: give it after '--'."),
        (["--reslts", "here"], "No such option '--reslts'."),
    ],
)
def test_the_error_for_an_option_of_robot_names_its_place(given, sentence):
    result = CliRunner().invoke(main, ["test", "e2e", *given])

    assert (result.exit_code, sentence in result.output) == (2, True), result.output


def test_the_age_of_reports_is_a_time_of_robot():
    assert _seconds("30 days") == 30 * 24 * 3600
    with pytest.raises(UsageError, match="--older-than is 'soon', which is no time: write it such as '30 days' or '12 hours'."):
        _seconds("soon")


@pytest.mark.parametrize(
    ("tags", "options"),
    [
        ("experiment:slow", ["--exclude", "NOTexperiment:slow"]),
        ("experiment:slow    scenario:experiments", ["--exclude", "NOTexperiment:slow", "--exclude", "NOTscenario:experiments"]),
    ],
)
def test_an_intensity_leaves_out_no_experiment_of_an_own_project(tmp_path, monkeypatch, tags, options):
    (tmp_path / "shop.robot").write_text(f"*** Test Cases ***\nSlow\n    [Tags]    {tags}\n    Run Experiment    slow\n")
    environment = SimpleNamespace(name="shop", allow=SimpleNamespace(chaos=True))
    seen = []
    monkeypatch.setattr(areas.environments, "opened", lambda *_, **__: environment)
    monkeypatch.setattr(areas, "suites_of", lambda _area: tmp_path)
    monkeypatch.setattr(
        areas, "run_suites", lambda _suites, _environment, chosen, variables, _options: seen.append((chosen, variables))
    )
    CliRunner().invoke(areas.chaos, ["--experiment", "slow", "--intensity", "0"], catch_exceptions=False)
    ((chosen, variables),) = seen
    assert (chosen, variables["CHAOS_INTENSITY"]) == (options, "0.0")


@pytest.mark.parametrize(("given", "left_out"), [((), True), (("--profile", "full"), False)])
def test_batches_of_a_thousand_take_the_full_profile(monkeypatch, given, left_out):
    seen = []
    monkeypatch.setattr(areas.environments, "opened", lambda *_, **__: SimpleNamespace(default="theodore", systems={}))
    monkeypatch.setattr(areas, "_promises", lambda _: [])
    monkeypatch.setattr(areas, "run_suites", lambda _suites, _environment, chosen, *_: seen.append(chosen))
    result = CliRunner().invoke(areas.e2e, given, catch_exceptions=False)
    assert ("profile:full" in seen[0]) is left_out
    assert ("batches of a thousand (--profile full)" in result.output) is left_out


@pytest.mark.parametrize(("given", "left_out"), [((), True), (("--profile", "full"), False)])
def test_what_takes_an_hour_takes_the_full_profile(tmp_path, monkeypatch, given, left_out):
    (tmp_path / "shop.robot").write_text("*** Test Cases ***\nHour\n    [Tags]    profile:full\n    Log    available\n")
    seen = []
    monkeypatch.setattr(areas.environments, "opened", lambda *_, **__: SimpleNamespace(allow=SimpleNamespace(chaos=True)))
    monkeypatch.setattr(areas, "suites_of", lambda _area: tmp_path)
    monkeypatch.setattr(areas, "run_suites", lambda _suites, _environment, chosen, *_: seen.append(chosen))
    result = CliRunner().invoke(areas.chaos, given, catch_exceptions=False)
    assert ("profile:full" in seen[0]) is left_out
    assert ("Left out: what takes an hour (--profile full)." in result.output) is left_out


@pytest.fixture
def performed(monkeypatch):
    """Runs ``theodore test performance`` with options and returns what would be run, without running it."""

    def perform(*given):
        seen = {}
        environment = SimpleNamespace(allow=SimpleNamespace(load_max_rps=100), system=lambda name: SimpleNamespace(name=name))
        monkeypatch.setattr(areas.environments, "opened", lambda *_, **__: environment)
        monkeypatch.setattr(
            areas,
            "run_suites",
            lambda _suites, _environment, chosen, variables, options, *more: seen.update(
                chosen=chosen, variables=variables, report=options["output_report"], more=[report.files for report in more]
            ),
        )
        monkeypatch.setenv("THEODORE_BASELINE_UPDATE", "")
        result = CliRunner().invoke(areas.performance, given)
        return seen, result

    return perform


def test_performance_leaves_out_the_comparison_of_builds_unless_it_is_requested(performed):
    seen, _ = performed()
    assert (seen["chosen"], seen["variables"]) == (["--exclude", "profile:full", "--exclude", "check:regression"], {})
    seen, _ = performed("--regression-check", "--reference", "theodore-old", "--profile", "full")
    assert (seen["chosen"], seen["variables"]) == ([], {"REFERENCE": "theodore-old"})


def test_performance_takes_the_options_of_the_ticket(performed):
    seen, _ = performed("--benchmark", "data_export_csv", "--no-load-test", "--concurrency", "20", "--duration", "300")
    excluded = ["NOTbenchmark:data_export_csv", "area:load", "check:regression"]
    assert seen["chosen"] == [part for tag in excluded for part in ("--exclude", tag)]
    assert seen["variables"] == {"CONCURRENCY": "20", "SOAK": "300 s"}


@pytest.mark.parametrize(
    ("format", "report", "more"),
    [("csv", None, [("performance.csv",)]), ("html", "performance.html", []), ("json", "performance.json", [])],
)
def test_performance_reports_in_each_format(performed, format, report, more):
    seen, _ = performed("--report-format", format)
    assert (seen["report"].name if seen["report"] else None, seen["more"]) == (report, more)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (("--benchmark", "data_export_cvs"), "did you mean 'data_export_csv'?"),
        (("--reference", "old"), "--reference names the build that --regression-check compares with: add that option."),
    ],
)
def test_performance_refuses_what_it_does_not_know(performed, given, sentence):
    seen, result = performed(*given)
    assert seen == {}
    assert sentence in str(result.exception)
