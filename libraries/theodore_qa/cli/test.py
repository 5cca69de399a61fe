"""``theodore test``: runs the suites of an area and says what came of it."""

from __future__ import annotations

import datetime as dt
import difflib
import os
from pathlib import Path
from typing import Any, TYPE_CHECKING

import click

from theodore_qa import paths
from theodore_qa.cli import environments
from theodore_qa.errors import unknown, UsageError
from theodore_qa.observing import evidence
from theodore_qa.report import compliance
from theodore_qa.run import suites as suite_files
from theodore_qa.systems import files, safety

if TYPE_CHECKING:
    from collections.abc import Callable

    from theodore_qa.report.reporter import Reporter
    from theodore_qa.run.finished import FinishedRun
    from theodore_qa.run.judge import Judged
    from theodore_qa.systems.environment import Environment

REPORTS = (".html", ".json")
TAG = "system:"
WAIVED_DAYS = 90
NEAR = 0.8  # how like the name of a system a tag is that means it


@click.group("test")
def group() -> None:
    """Run test suites."""


def common(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that all areas share."""
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
            help="Also write a report of all checks (.html or .json).",
        ),
        click.option("--verbose", "-v", is_flag=True, help="A line for each test, with messages."),
        click.argument("passed_on", nargs=-1, type=click.UNPROCESSED, metavar="[-- ROBOT AND PABOT OPTIONS]"),
    ):
        command = option(command)
    return command


@group.command("e2e")
@click.option("--scenario", "scenarios", multiple=True, help="Run this scenario, such as enterprise_saas_research; repeatable.")
@click.option("--company", help="Research this company.")
@click.option("--include-real-services", is_flag=True, help="Allow an environment that calls real, paid services.")
@click.option("--performance-check", is_flag=True, help="Hold durations to their thresholds too.")
@click.option("--data-quality-check", is_flag=True, help="Check the quality of the data too.")
@common
def e2e(
    scenarios: tuple[str, ...],
    company: str | None,
    include_real_services: bool,  # click gives flags by name
    performance_check: bool,
    data_quality_check: bool,
    **options: Any,
) -> None:
    """Run the end-to-end suites: researches of companies from sign-in to result."""
    environment = environments.opened(options["environment_file"], options["system"], real_allowed=include_real_services)
    suites = paths.suites("e2e")
    chosen: list[str] = []
    variables: dict[str, str] = {}
    tags = suite_files.tags(suites)
    known = {tag.removeprefix("scenario:") for tag in tags if tag.startswith("scenario:")}
    for scenario in scenarios:
        if scenario not in known:
            raise unknown("scenario", scenario, known, f"the suites {suites.name}")
    if scenarios:
        chosen += ["--exclude", "NOT" + "NOT".join(f"scenario:{scenario}" for scenario in scenarios)]
    if company:
        variables["COMPANY"] = company
        chosen += ["--exclude", f"*NOTcompany:{_tag(company)}NOTchosen-company"]
    elif "chosen_company_research" not in scenarios:
        chosen += ["--exclude", "chosen-company"]
    if not include_real_services:
        chosen += ["--exclude", "real-services"]
    left_out = []
    for enabled, tag, option in (
        (performance_check, "check:performance", "--performance-check"),
        (data_quality_check, "check:data-quality", "--data-quality-check"),
    ):
        if not enabled:
            chosen += ["--exclude", tag]
            left_out.append(f"{tag.removeprefix('check:')} ({option})")
    if left_out:
        click.echo(f"Left out: {' and '.join(left_out)}.")
    _run(suites, environment, chosen, variables, options)


@group.command("api")
@common
def api(**options: Any) -> None:
    """Run functional suites of any HTTP API: statuses, fields, headers, contracts, streams."""
    environment = environments.opened(options["environment_file"], options["system"], real_allowed=False)
    _run(paths.suites("api"), environment, [], {}, options)


@group.command("chaos")
@click.option("--experiment", "experiments", multiple=True, help="Run this experiment or group of them; repeatable.")
@click.option(
    "--intensity", type=click.FloatRange(0, 1, min_open=True), help="How hard, 0.0 to 1.0; each experiment's own by default."
)
@click.option("--duration", type=click.IntRange(1, 600), help="How long each fault lasts, in seconds; by the profile by default.")
@click.option("--target", help="Aim at this link or process, such as gemini, in place of each experiment's own.")
@click.option(
    "--recovery-validation/--no-recovery-validation", default=True, help="Measure recovery and hold it to its limit (default)."
)
@click.option(
    "--safety-checks/--no-safety-checks", default=True, help="Break off an experiment that does too much harm (default)."
)
@common
def chaos(  # the options of the ticket
    experiments: tuple[str, ...],
    intensity: float | None,
    duration: int | None,
    target: str | None,
    recovery_validation: bool,
    safety_checks: bool,
    **options: Any,
) -> None:
    """Run chaos experiments: real faults, bounded and undone, and what users see of them."""
    environment = environments.opened(options["environment_file"], options["system"], real_allowed=False)
    if not environment.allow.chaos:
        raise UsageError(
            f"The environment {environment.name} does not allow chaos: "
            f"grant it by 'allow: {{chaos: true}}' in {environment.path.name}."
        )
    suites = paths.suites("chaos")
    known = {tag.removeprefix("experiment:") for tag in suite_files.tags(suites) if tag.startswith("experiment:")}
    for experiment in experiments:
        if experiment not in known:
            raise unknown("experiment", experiment, known, f"the suites {suites.name}")
    chosen = ["--exclude", "NOT" + "NOT".join(f"experiment:{experiment}" for experiment in experiments)] if experiments else []
    if intensity or duration or target:
        chosen += ["--exclude", "NOTscenario:experiments"]
    given = {
        "CHAOS_INTENSITY": intensity,
        "CHAOS_DURATION": duration,
        "CHAOS_TARGET": target,
        "CHAOS_RECOVERY": recovery_validation,
        "CHAOS_SAFETY": safety_checks,
    }
    variables = {name: str(value) for name, value in given.items() if value is not None}
    _run(suites, environment, chosen, variables, options)


@group.command("security")
@click.option("--attack", "attacks", multiple=True, help="Only this attack, such as sql-injection; repeatable.")
@click.option(
    "--include-penetration-tests", is_flag=True, help="Also forge tokens, try passwords and take the system's commands."
)
@click.option("--compliance-check", is_flag=True, help="Say for each standard which of its controls the results support.")
@common
def security(attacks: tuple[str, ...], include_penetration_tests: bool, compliance_check: bool, **options: Any) -> None:
    """Run security suites: attacks on the API, with findings that were observed twice."""
    environment = environments.opened(options["environment_file"], options["system"], real_allowed=False)
    safety.granted("active_scan", environment)
    suites = paths.suites("security")
    known = {tag.removeprefix("attack:") for tag in suite_files.tags(suites) if tag.startswith("attack:")}
    for attack in attacks:
        if attack not in known:
            raise unknown("attack", attack, known, f"the suites {suites.name}")
    chosen = ["--exclude", "NOT" + "NOT".join(f"attack:{attack}" for attack in attacks)] if attacks else []
    if not include_penetration_tests and not attacks:
        chosen += ["--exclude", "penetration"]
        click.echo("Left out: penetration tests (--include-penetration-tests).")
    more = (compliance.ComplianceReport(),) if compliance_check else ()
    _run(suites, environment, chosen, {}, options, *more)


def _tag(text: str) -> str:
    return "".join(text.casefold().replace("_", " ").split())


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


def _run(
    suites: Path,
    environment: Environment,
    chosen: list[str],
    variables: dict[str, str],
    options: dict[str, Any],
    *more: Reporter,
) -> None:
    from theodore_qa.report.detailed import DetailedReport
    from theodore_qa.report.reporter import write_all
    from theodore_qa.report.robot_files import RobotFiles
    from theodore_qa.report.sarif import FindingsReport
    from theodore_qa.run import runner
    from theodore_qa.run.progress import Follower

    report = options["output_report"]
    if report and report.suffix not in REPORTS:
        raise UsageError(f"The report {report} cannot be written: its name must end with {' or '.join(REPORTS)}.")
    if report:
        files.writable_folder(report.parent, "Name a file in a folder that you may write to by --output-report")
    robot, pabot = split_options(options["passed_on"])
    chosen = [*chosen, *_of_systems(suites, environment, options["system"])]
    processes = options["processes"] or (os.cpu_count() or 2 if environment.embedded else 1)
    if not environment.embedded and options["processes"] is None and options["parallel"]:
        click.echo("One suite after another: all would share one system, and faults of one would hit the others (--processes).")
    detailed = (DetailedReport(report),) if report else ()
    reporters: tuple[Reporter, ...] = (FindingsReport(), *more, *detailed, RobotFiles())  # the log has the problems of all before
    request = runner.RunRequest(
        suites,
        environment,
        options["results"].resolve(),
        [*chosen, *robot],
        pabot,
        processes,
        options["parallel"],
        variables,
        (*FindingsReport.files, *compliance.ComplianceReport.files, *RobotFiles.files),
    )
    os.environ[evidence.PROFILE_VARIABLE] = options["profile"]
    variables["PROFILE"] = options["profile"]
    progress = Follower(verbose=options["verbose"])
    try:
        done = runner.run(request, progress, lambda run: write_all(reporters, run))
    finally:
        progress.close()
    conclude(done)


def conclude(done: FinishedRun) -> None:
    """Say what came of a run and end with its exit code."""
    from theodore_qa.redaction.secrets import redact

    judgement = done.judgement
    for (verdict, suite, message), names in _alike(judgement.tests).items():
        if verdict in ("FAIL", "NOT EVALUATED"):
            what = names[0] if len(names) == 1 else f"{len(names)} tests ({', '.join(names)})"
            click.echo(redact(f"{verdict}: {suite}: {what}\n    " + "\n    ".join(message.splitlines())))
    for failure in judgement.failures:
        click.echo(redact(f"FAIL: {failure}"))
    for problem in judgement.problems:
        click.echo(redact(f"INCOMPLETE: {problem}"))
    for line in _waivers_to_paste(done):
        click.echo(line)
    for waiver, number in judgement.waivers().items():
        click.echo(redact(f"WAIVED IN PART: {number} tests that passed also look at what is waived: {waiver}"))
    counts = ", ".join(f"{judgement.count(verdict)} {verdict}" for verdict in ("PASS", "FAIL", "NOT EVALUATED", "SKIP"))
    sandbox = "embedded sandbox" if done.environment.embedded else "sandbox"
    mark = f" ({sandbox}: no evidence about any production system)" if done.environment.is_sandbox else ""
    how = f"in {done.duration:.1f} s, profile {os.environ[evidence.PROFILE_VARIABLE]}"
    click.echo(f"{counts}; {len(judgement.observations)} observations {how}{mark}")
    if (done.folder / "log.html").is_file():
        click.echo(f"Log: {done.folder / 'log.html'}")
    click.get_current_context().exit(done.exit_code)


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


PABOT_VALUES = {
    "--hive", "--resourcefile", "--pabotlibhost", "--pabotlibport", "--pabotprerunmodifier", "--processtimeout", "--ordering",
    "--suitesfrom", "--artifacts", "--shard", "--pabotconsole", "--processes",
}  # fmt: skip
PABOT_FLAGS = {"--testlevelsplit", "--pabotlib", "--no-pabotlib", "--artifactsinsubfolders", "--chunk", "--no-rebot"}


def split_options(passed_on: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """What robot gets and what pabot gets of the options after ``--``; existing relative paths become absolute."""
    robot: list[str] = []
    pabot: list[str] = []
    parts = iter(passed_on)
    for part in parts:
        name, equals, _ = part.partition("=")
        if name in PABOT_FLAGS:
            pabot.append(part)
        elif name in PABOT_VALUES:
            pabot += [part] if equals else [part, _absolute(next(parts, ""))]
        else:
            robot.append(_absolute(part))
    return robot, pabot


def _absolute(part: str) -> str:
    path = Path(part)
    return str(path.resolve()) if not part.startswith("-") and path.exists() and not path.is_absolute() else part
