"""The areas of ``theodore test``: which suites each runs, and what its options select."""

from __future__ import annotations

import os
from typing import Any, TYPE_CHECKING

import click

from theodore_qa.cli import environments
from theodore_qa.cli.test import BENCHMARKS, common, FULL_ONLY, group, of_profile, run_suites, suites_of
from theodore_qa.context import OLDER_THAN
from theodore_qa.errors import unknown, UsageError
from theodore_qa.report import compliance
from theodore_qa.report.figures import FiguresReport
from theodore_qa.report.promises import PromisesReport
from theodore_qa.run import suites as suite_files
from theodore_qa.systems import safety

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from theodore_qa.systems.environment import Environment

CHOSEN = "chosen-company"  # of tests that research whatever company is given
EXPERIMENTS = "scenario:experiments"


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
    suites = suites_of("e2e")
    chosen = _selected("scenario", scenarios, suites)
    variables: dict[str, str] = {}
    if company:
        variables["COMPANY"] = company
        chosen += _about(company, suite_files.tags(suites), suites.name)
    elif "chosen_company_research" not in scenarios:
        chosen += ["--exclude", CHOSEN]
    if not include_real_services:
        chosen += ["--exclude", "real-services"]
    left_out = []
    for check, enabled in (("performance", performance_check), ("data-quality", data_quality_check)):
        if not enabled:
            chosen += ["--exclude", f"check:{check}"]
            left_out.append(f"{check} (--{check}-check)")
    if full_only := of_profile(options["profile"]):
        chosen += full_only
        left_out.append("batches of a thousand (--profile full)")
    if left_out:
        click.echo(f"Left out: {', '.join(left_out)}.")
    run_suites(suites, environment, chosen, variables, options, *_promises(environment))


@group.command("api")
@common
def api(**options: Any) -> None:
    """Run functional suites of any HTTP API: statuses, fields, headers, contracts, streams."""
    environment = environments.opened(options["environment_file"], options["system"], real_allowed=False)
    run_suites(suites_of("api"), environment, [], {}, options)


@group.command("cli")
@click.option("--scenario", "scenarios", multiple=True, help="Run this scenario, such as research_dry_run; repeatable.")
@common
def command_line(scenarios: tuple[str, ...], **options: Any) -> None:
    """Run the suites of the system's own command line: exit codes, streams, data that the API has too."""
    environment = environments.opened(options["environment_file"], options["system"], real_allowed=False)
    suites = suites_of("cli")
    run_suites(suites, environment, _selected("scenario", scenarios, suites), {}, options, *_promises(environment))


@group.command("quality")
@common
def quality(**options: Any) -> None:
    """Run suites about the quality of data: consistency, completeness, accuracy, freshness, sources, false positives."""
    environment = environments.opened(options["environment_file"], options["system"], real_allowed=False)
    run_suites(suites_of("quality"), environment, [], {}, options)


@group.command("chaos")
@click.option("--experiment", "experiments", multiple=True, help="Run this experiment or group of them; repeatable.")
@click.option(
    "--intensity",
    type=click.FloatRange(0, 1),
    help="How hard, 0.0 to 1.0; each experiment's own by default. With 0 it is a control run without faults.",
)
@click.option("--duration", type=click.IntRange(1, 600), help="How long each fault lasts, in seconds; by the profile by default.")
@click.option("--target", help="Aim at this link, group (ai_services) or process in place of each experiment's own.")
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
    suites = suites_of("chaos")
    chosen = _selected("experiment", experiments, suites)
    if FULL_ONLY in suite_files.tags(suites):
        chosen += of_profile(options["profile"], "what takes an hour (--profile full)")
    # Theodore's other suites of a group inject what their titles say; in a project of one's own each tagged test counts.
    if (intensity is not None or duration or target) and EXPERIMENTS in suite_files.tags(suites):
        chosen += ["--exclude", f"NOT{EXPERIMENTS}"]
    given = {
        "CHAOS_INTENSITY": intensity,
        "CHAOS_DURATION": duration,
        "CHAOS_TARGET": target,
        "CHAOS_RECOVERY": recovery_validation,
        "CHAOS_SAFETY": safety_checks,
    }
    variables = {name: str(value) for name, value in given.items() if value is not None}
    run_suites(suites, environment, chosen, variables, options)


@group.command("security")
@click.option("--attack", "attacks", multiple=True, help="Only this attack, such as sql-injection; repeatable.")
@click.option(
    "--include-penetration-tests", is_flag=True, help="Also forge tokens, try passwords and take the system's commands."
)
@click.option("--compliance-check", is_flag=True, help="Say for each standard which of its controls the results support.")
@click.option(
    "--older-than", metavar="TIME", help="Imported reports that are older, such as '30 days', are NOT EVALUATED (7 days)."
)
@common
def security(
    attacks: tuple[str, ...], include_penetration_tests: bool, compliance_check: bool, older_than: str | None, **options: Any
) -> None:
    """Run security suites: attacks on the API, with findings that were observed twice."""
    if older_than:
        os.environ[OLDER_THAN] = str(_seconds(older_than))
    environment = environments.opened(options["environment_file"], options["system"], real_allowed=False)
    safety.granted("active_scan", environment)
    suites = suites_of("security")
    chosen = _attacks(attacks, suites)
    if not include_penetration_tests and not attacks:
        chosen += ["--exclude", "penetration"]
        click.echo("Left out: penetration tests (--include-penetration-tests).")
    more = (compliance.ComplianceReport(),) if compliance_check else ()
    run_suites(suites, environment, chosen, {}, options, *more)


def _promises(environment: Environment) -> Iterator[PromisesReport]:
    return (PromisesReport(name) for name in environment.systems)


def _seconds(length: str) -> float:
    from robot.utils import timestr_to_secs

    try:
        seconds: float = timestr_to_secs(length)
    except ValueError:
        raise UsageError(f"--older-than is '{length}', which is no time: write it such as '30 days' or '12 hours'.") from None
    return seconds


@group.command("tenants")
@common
def tenants(**options: Any) -> None:
    """Run the suites of tenants: what belongs to one is out of sight of all others, by every way."""
    environment = environments.opened(options["environment_file"], options["system"], real_allowed=False)
    run_suites(suites_of("tenants"), environment, [], {}, options)


@group.command("performance")
@click.option("--benchmark", "benchmarks", multiple=True, help="Run this benchmark alone, such as data_export_csv; repeatable.")
@click.option("--load-test/--no-load-test", default=True, help="Send the load of many users too (default).")
@click.option("--regression-check", is_flag=True, help="Compare the version under test with a reference build, side by side.")
@click.option(
    "--reference", metavar="NAME", help="The system that is the reference build; default: the one named SYSTEM-reference."
)
@click.option("--baseline-update", is_flag=True, help="Add the times of benchmarks to their trend in variables/baselines.")
@click.option("--concurrency", type=click.IntRange(1, 50_000), help="So many users at once in place of the profile's.")
@click.option(
    "--duration", type=click.IntRange(1, 3600), help="How long steady load lasts, in seconds; by the profile by default."
)
@click.option("--report-format", type=click.Choice(("json", "html", "csv")), help="Also write performance.json, .html or .csv.")
@common
def performance(  # the options of the ticket
    benchmarks: tuple[str, ...],
    load_test: bool,  # click gives flags by name
    regression_check: bool,
    reference: str | None,
    baseline_update: bool,
    concurrency: int | None,
    duration: int | None,
    report_format: str | None,
    **options: Any,
) -> None:
    """Run performance suites: benchmarks, and many users at once, by counts and bodies, with --profile full by times too."""
    environment = environments.opened(options["environment_file"], options["system"], real_allowed=False)
    if not environment.allow.load_max_rps:
        raise UsageError(
            f"The environment {environment.name} allows no load: grant it by 'allow: {{load_max_rps: 100}}', the most requests a "
            f"second, in {environment.path.name}."
        )
    suites = suites_of("performance")
    chosen = _selected("benchmark", benchmarks, suites)
    chosen += [] if benchmarks else of_profile(options["profile"], BENCHMARKS)
    if not load_test:
        chosen += ["--exclude", "area:load"]
    if reference and not regression_check:
        raise UsageError("--reference names the build that --regression-check compares with: add that option.")
    if not regression_check:
        chosen += ["--exclude", "check:regression"]
        click.echo("Left out: the comparison with a reference build (--regression-check).")
    variables = {}
    if reference:
        variables["REFERENCE"] = environment.system(reference).name
    if concurrency:
        variables["CONCURRENCY"] = str(concurrency)
    if duration:
        variables["SOAK"] = f"{duration} s"
    # The figures alone are the table; .json and .html are the report of all checks, where none was named.
    table = (FiguresReport(),) if report_format == "csv" else ()
    if report_format in ("json", "html") and not options["output_report"]:
        options["output_report"] = options["results"] / f"performance.{report_format}"
    if baseline_update:
        os.environ["THEODORE_BASELINE_UPDATE"] = "yes"
    run_suites(suites, environment, chosen, variables, options, *table)


def _selected(kind: str, names: tuple[str, ...], suites: Path) -> list[str]:
    """Robot's options for the tests that a tag such as ``scenario:NAME`` names; none without names.

    They exclude what has none of the tags: an included tag would add to what a tester includes, not narrow it.
    """
    known = {tag.removeprefix(f"{kind}:") for tag in suite_files.tags(suites) if tag.startswith(f"{kind}:")}
    for name in names:
        if name not in known:
            raise unknown(kind, name, known, f"the suites {suites.name}")
    return ["--exclude", "".join(f"NOT{kind}:{name}" for name in names)] if names else []


def _attacks(names: tuple[str, ...], suites: Path) -> list[str]:
    try:
        return _selected("attack", names, suites)
    except UsageError as error:
        raise UsageError(
            f"{error} An attack of docs/SECURITY_CHECKLIST.md that no test makes yet is a test of one line, "
            "'API Should Withstand    NAME', with the tag attack:NAME."
        ) from None


def _about(company: str, tags: set[str], suites: str) -> list[str]:
    """Robot's options for the tests about a company."""
    about = (f"company:{_tag(company)}", CHOSEN)
    if not {*about} & set(map(_tag, tags)):
        raise UsageError(
            f"No test of {suites} is about the company '{company}': add the tag company:{company} to those that are."
        )
    return ["--exclude", "NOT" + "NOT".join(about)]


def _tag(text: str) -> str:
    return "".join(text.casefold().replace("_", " ").split())
