"""``theodore test``: runs the suites of an area and says what came of it."""

from __future__ import annotations

import datetime as dt
import difflib
import functools
import os
from pathlib import Path
from typing import Any, TYPE_CHECKING

import click

from theodore_qa import paths
from theodore_qa.cli import demands
from theodore_qa.cli.robot_options import AreaCommand, split_options
from theodore_qa.errors import UnreachableError, UsageError
from theodore_qa.observing import evidence
from theodore_qa.observing.display import plural
from theodore_qa.observing.swallowing import reason as expected_failure
from theodore_qa.readiness.located import SUITES
from theodore_qa.report import aborted, compliance, promises
from theodore_qa.report.figures import FiguresReport
from theodore_qa.report.history import HistoryReport
from theodore_qa.report.pack import EvidencePack
from theodore_qa.report.quarantine import QuarantineReport
from theodore_qa.report.readiness import ReadinessReport
from theodore_qa.report.regression import RegressionReport
from theodore_qa.report.robot_files import RobotFiles
from theodore_qa.report.sarif import FindingsReport
from theodore_qa.run import again, earlier, finished
from theodore_qa.run import suites as suite_files
from theodore_qa.run.plan import EXCLUDE
from theodore_qa.systems import files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from theodore_qa.alerts.receivers import Receiver
    from theodore_qa.readiness.assessing import Demands
    from theodore_qa.report.reporter import Reporter
    from theodore_qa.run.finished import FinishedRun
    from theodore_qa.run.judge import Judgement
    from theodore_qa.run.judged import Judged
    from theodore_qa.systems.environment import Environment

WITH_FILES = (
    FindingsReport,
    compliance.ComplianceReport,
    promises.PromisesReport,
    FiguresReport,
    ReadinessReport,
    RegressionReport,
    RobotFiles,
)
REPORT_FILES = (*(name for report in WITH_FILES for name in report.files), again.LOG)
REPORTS = (".html", ".json", ".md", ".csv", ".pdf")
TAG = "system:"
FULL_ONLY = "profile:full"  # the tag of tests that the profile quick leaves out
BENCHMARKS = "benchmarks of parts and of large batches (--profile full, or --benchmark NAME)"
WAIVED_DAYS = 90
NEAR_FOLDER = 0.6
NEAR = 0.8  # how like the name of a system a tag is that means it


class _Areas(click.Group):
    command_class = AreaCommand


@click.group("test", cls=_Areas)
def group() -> None:
    """Run test suites."""


def common(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that all areas share; a mistake in them, or a silent system, leaves no report of an earlier run in place."""

    @functools.wraps(command)
    def run(**options: Any) -> None:
        try:
            command(**options)
        except (UsageError, UnreachableError) as error:
            moved = earlier.move_away_if_free(options["results"], REPORT_FILES) if options["results"].name else None
            text = f"{error}\nThe log of the run before this one is in {moved}." if moved else str(error)
            raise type(error)(text) from None

    shared: Callable[..., Any] = run
    for option in (
        click.option("--environment", "environment_file", metavar="FILE", help="Environment file or its short name."),
        click.option("--system", metavar="NAME", help="Only suites of this system (tag system:NAME); default: all it has."),
        click.option("--parallel/--no-parallel", default=True, help="Run suites side by side with pabot (default)."),
        click.option(
            "--profile", type=click.Choice(("quick", "full")), default="quick", show_default=True, help="How long to observe."
        ),
        click.option("--processes", type=click.IntRange(1, 64), default=None, help="How many side by side; default: one a core."),
        click.option("--results", type=click.Path(path_type=Path), default=Path("results"), help="Where logs and evidence go."),
        click.option(
            "--output-report",
            type=click.Path(path_type=Path),
            help="Also write a report of all checks (.html, .json, .md, .csv or .pdf).",
        ),
        click.option("--allow-modifiers", is_flag=True, help="Tests may run with other steps than stand in their files."),
        click.option("--rerun-failed", is_flag=True, help="Run tests that failed once more; the first attempt counts."),
        click.option(
            "--quarantine", type=demands.FILE, metavar="FILE", help="Tests in quarantine; default: quarantine.yaml, if there."
        ),
        click.option("--alerts", type=demands.FILE, metavar="FILE", help="Who gets alerts; default: alerts.yaml, if there."),
        click.option("--allow-quarantined", is_flag=True, help="Failures of tests in quarantine do not decide the exit code."),
        click.option("--verbose", "-v", is_flag=True, help="A line for each test, with messages."),
        click.argument("passed_on", nargs=-1, type=click.UNPROCESSED, metavar="[-- ROBOT AND PABOT OPTIONS]"),
    ):
        shared = option(shared)
    return demands.signing_option(demands.options(shared))


def suites_of(area: str) -> Path:
    """The suites of an area; says so if they are not the project's own.

    Raises:
        UsageError: there are none, or the project has a folder whose name is nearly the area's.
    """
    folder = paths.suites(area)
    own = paths.project() / "suites"
    if not folder.is_relative_to(own.resolve()):
        there = [path.name for path in own.iterdir() if path.is_dir()] if own.is_dir() else []
        if near := difflib.get_close_matches(area, there, n=1, cutoff=NEAR_FOLDER):
            raise UsageError(f"This project has no suites/{area}, but suites/{near[0]}: rename the folder to suites/{area}.")
        click.echo(f"Suites: those that came with the installation, since there is no suites/{area} here.")
    return folder


def _of_systems(suites: Path, environment: Environment, selected: str | None) -> list[str]:
    """Robot's options for the suites of a system, or without those of systems that the environment does not have."""
    named = {tag.removeprefix(TAG) for tag in suite_files.tags(suites) if tag.startswith(TAG)}
    if selected:
        system = environment.system(selected)
        own = sorted({selected, system.base} & named)
        if not own:
            raise UsageError(
                f"No suite of {suites.name} names the system '{selected}' by a tag: add 'Test Tags    {TAG}{selected}'."
            )
        return ["--exclude", "NOT" + "NOT".join(f"{TAG}{name}" for name in own)]
    there = {name for system in environment.systems.values() for name in (system.name, system.base)}
    lacking = sorted(named - there)
    for name in lacking:
        if near := difflib.get_close_matches(name, there, n=1, cutoff=NEAR):
            raise UsageError(f"The tag '{TAG}{name}' of {suites.name} names no system: did you mean '{TAG}{near[0]}'?")
    if lacking:
        click.echo(f"Left out: suites of systems that {environment.path.name} does not have ({', '.join(lacking)}).")
    kept = "".join(f"NOT{TAG}{name}" for name in sorted(named & there))
    return [part for name in lacking for part in ("--exclude", f"{TAG}{name}{kept}")]


def of_profile(profile: str, left_out: str = "") -> list[str]:
    """Robot's options for a profile; says what is left out. Some tests take so long that the profile full alone has them."""
    if profile == "full":
        return []
    if left_out:
        click.echo(f"Left out: {left_out}.")
    return ["--exclude", FULL_ONLY]


def run_suites(
    suites: Path,
    environment: Environment,
    chosen: list[str],
    variables: dict[str, str],
    options: dict[str, Any],
    *more: Reporter,
    gates: Sequence[str] = (),
) -> None:
    """Run suites, judge and report them, and end with the exit code of the run.

    Args:
        suites: the file or folder.
        environment: that they are run in.
        chosen: Robot's options that select tests.
        variables: for the suites.
        options: of the command line.
        more: reports beside those that every run has.
        gates: that must not stay without evaluation, beside those that the options name.
    """
    from theodore_qa.report.detailed import DetailedReport
    from theodore_qa.report.reporter import write_all
    from theodore_qa.run import runner
    from theodore_qa.run.progress import Follower, Usual

    report = options["output_report"]
    if report and report.suffix not in REPORTS:
        raise UsageError(f"The report {report} cannot be written: its name must end with {' or '.join(REPORTS)}.")
    if report:
        files.writable_folder(report.parent, "Name a file in a folder that you may write to by --output-report")
    if not options["results"].name:
        raise UsageError("--results needs the name of a folder of its own, such as results: logs and evidence go there.")
    also = demands.beside(options, environment.thresholds, environment.companies)
    held_to = demands.read(options, environment.waivers, environment.hosts, requested=gates, also=also)
    key = demands.signing_key(options)
    in_quarantine = demands.in_quarantine(options, suites)
    receivers = demands.receivers(options)
    robot, pabot, xunit = split_options(options["passed_on"])
    chosen = [*chosen, *_of_systems(suites, environment, options["system"])]
    processes = options["processes"] or (os.cpu_count() or 2 if environment.embedded else 1)
    if not environment.embedded and options["processes"] is None and options["parallel"]:
        click.echo("One suite after another: all would share one system, and faults of one would hit the others (--processes).")
    detailed = (DetailedReport(report),) if report else ()
    readiness = ReadinessReport(held_to)
    reporters: tuple[Reporter, ...] = (
        aborted.AbortedRuns(receivers),
        QuarantineReport(in_quarantine, allowed=options["allow_quarantined"]),
        FindingsReport(),
        *more,
        readiness,
        *detailed,
        RobotFiles(xunit),  # the log has the problems of all before
        EvidencePack(_read_from(held_to, options), REPORT_FILES, key, options["timestamp_url"] or ""),
        HistoryReport(readiness),
    )
    request = runner.RunRequest(
        suites,
        environment,
        options["results"].resolve(),
        [*chosen, *robot],
        pabot,
        processes,
        options["parallel"],
        variables,
        REPORT_FILES,
        options["allow_modifiers"],
        options["rerun_failed"],
        _usual_seconds(options["results"].resolve(), suites),
    )
    os.environ[evidence.PROFILE_VARIABLE] = options["profile"]
    variables["PROFILE"] = options["profile"]
    usual = Usual(request.usual, processes if options["parallel"] else 1)
    progress = Follower(verbose=options["verbose"], usual=usual)
    try:
        done = runner.run(request, progress, lambda run: write_all(reporters, run))
    except UsageError:
        raise
    except BaseException:
        about = (environment.name, finished.notice_of(environment))
        aborted.note_own(request.results, request.results / runner.HISTORY, *about, receivers)
        raise
    finally:
        progress.close()
    _alert(receivers, done)
    conclude(done)


def _usual_seconds(results: Path, suites: Path) -> dict[tuple[str, str], float]:
    """How long each test of some suites took when it last ran, by its file below them and its name."""
    from theodore_qa.history import store, summary

    prefix = "" if suites.name == SUITES else f"{suites.name}/"
    known = summary.usual_seconds(results / store.FOLDER)
    return {(source.removeprefix(prefix), name): took for (source, name), took in known.items() if source.startswith(prefix)}


def _alert(receivers: Sequence[Receiver], done: FinishedRun) -> None:
    """Send the alerts of a run; its verdict stands by then."""
    from theodore_qa.alerts import occasion, sending
    from theodore_qa.redaction.secrets import redact

    if receivers and done.history:
        for sentence in sending.send(receivers, occasion.of(done), done.history / sending.FOLDER):
            click.echo(redact(f"ALERT: {sentence}"))


def _read_from(held_to: Demands, options: dict[str, Any]) -> list[Path]:
    """The files that a run is held to, and the one that says who learns of it."""
    alerts = options["alerts"] or paths.find("variables", "alerts.yaml")
    return [*held_to.files, *([alerts] if alerts else [])]


def conclude(done: FinishedRun) -> None:
    """Say what came of a run and end with its exit code."""
    from theodore_qa.redaction.secrets import redact

    judgement = done.judgement
    for line in _work_not_observed(judgement):
        click.echo(redact(line))
    for (verdict, suite, message), names in _alike(judgement.tests).items():
        if verdict in ("FAIL", "NOT EVALUATED"):
            what = names[0] if len(names) == 1 else f"{plural(len(names), 'test')} ({', '.join(names)})"
            click.echo(redact(f"{verdict}: {suite}: {what}\n    " + "\n    ".join(message.splitlines())))
    marked = (
        ("FAIL", judgement.failures),
        ("GATE FAILED", judgement.failed_gates),
        ("INCOMPLETE", [*judgement.problems, *judgement.missing_gates]),
    )
    for line in (f"{mark}: {sentence}" for mark, sentences in marked for sentence in sentences):
        click.echo(redact(line))
    for line in _waivers_to_paste(done):
        click.echo(line)
    for line in (*_again(done.reruns), *_meant(judgement.tests), *_not_selected(done)):
        click.echo(redact(line))
    for waiver, number in judgement.waivers().items():
        click.echo(redact(f"WAIVED IN PART: {plural(number, 'test')} that passed also look at what is waived: {waiver}"))
    counts = ", ".join(f"{judgement.count(verdict)} {verdict}" for verdict in ("PASS", "FAIL", "NOT EVALUATED", "SKIP"))
    mark = f" ({done.notice})" if done.notice else ""
    how = f"in {done.duration:.1f} s, profile {os.environ[evidence.PROFILE_VARIABLE]}"
    click.echo(f"{counts}; {plural(len(judgement.observations), 'observation')} {how}{mark}")
    for name, file in (("Readiness", "readiness.html"), ("Log", "log.html")):
        if (done.folder / file).is_file():
            click.echo(f"{name}: {done.folder / file}")
    click.get_current_context().exit(done.exit_code)


def _work_not_observed(judgement: Judgement) -> Iterator[str]:
    """Says before all else that answers alone were seen, where the calls by which work shows are waived."""
    if without := judgement.without_work():
        reasons = "; ".join(dict.fromkeys(without.values()))
        yield f"WORK: work was not observed in {plural(len(without), 'test')}, only answers; calls are waived: {reasons}"


def _again(reruns: list[Judged]) -> Iterator[str]:
    """The second attempts at tests that failed."""
    for test in reruns:
        yield f"RERUN: {test.name} ({test.suite}): FAIL, then {test.verdict}; the first attempt counts."


def _meant(tests: list[Judged]) -> Iterator[str]:
    """Tests that say of a failed assertion that it is meant."""
    for test in tests:
        if why := expected_failure(test.tags):
            yield f"EXPECTED FAILURE: {test.suite}: {test.name} says that a failed assertion is meant: {why}"


def _not_selected(done: FinishedRun) -> list[str]:
    """What the run did not look at: the tests that its options, or a tag of their own, left out."""
    left = done.deselected
    if not left:
        return []
    excluded = [str(test) for test in left if EXCLUDE in map(str.lower, test.tags)]
    whole, plan = len(left) + len(done.judgement.tests), done.folder / "evidence" / done.id / "plan.json"
    lines = [f"PARTIAL: {len(left)} of {whole} tests were not selected" + (f"; {plan} names them." if plan.is_file() else ".")]
    if excluded:
        lines.append(f"PARTIAL: the tag {EXCLUDE} takes out {', '.join(excluded)}.")
    return lines


def _waivers_to_paste(done: FinishedRun) -> list[str]:
    """The entries that would waive what could not be evaluated, as lines for the environment file."""
    entries = {
        observation["entry"]
        for observation in done.judgement.observations
        if observation["verdict"] == "NOT EVALUATED" and observation.get("entry")
    }
    lacking = sorted(entries - {observation["entry"] for observation in done.judgement.observations if observation["waived"]})
    if not lacking:
        return []
    until = (dt.datetime.now(dt.UTC).date() + dt.timedelta(days=WAIVED_DAYS)).isoformat()
    form = f"{{reason: WHY, owner: WHO, until: {until}}}"
    return [f"To waive what cannot be evaluated yet, add to {done.environment.path.name}:", "not_available:"] + [
        f"  {entry}: {form}" for entry in lacking
    ]


def _alike(tests: list[Judged]) -> dict[tuple[str, str, str], list[str]]:
    """Tests of one suite that ended alike, for the same reason."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for test in tests:
        groups.setdefault((test.verdict, test.suite, test.message), []).append(test.name)
    return groups
