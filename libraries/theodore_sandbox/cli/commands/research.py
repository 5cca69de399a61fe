"""``theodore research``: one company from its name to its record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from theodore_sandbox.cli import console, history, options, settings, switches
from theodore_sandbox.cli.client import Api
from theodore_sandbox.cli.commands import batch
from theodore_sandbox.cli.errors import CommandError

LEAST_TIMEOUT, MOST_TIMEOUT = 30, 3600


class WithOthers(click.Command):
    """A command that others stand beside: ``research batch FILE``, ``research history``."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """The context of the command that is called."""
        other = OTHERS.get(args[0]) if args else None
        if other:
            return other.make_context(f"{info_name} {args[0]}", args[1:], parent, **extra)
        return super().make_context(info_name, args, parent, **extra)


@click.command(
    "research",
    cls=WithOthers,
    epilog="Beside it stand 'research batch FILE' and 'research history', with help of their own. A company of such a name comes "
    "after '--'.",
)
@click.argument("company_name")
@click.argument("website", required=False)
@options.form()
@click.option("--no-domain-discovery", is_flag=True, help="Do not look for the domain: WEBSITE is read.")
@click.option(
    "--timeout",
    type=click.IntRange(1, MOST_TIMEOUT),
    default=lambda: settings.value("research.timeout"),
    help="Wait so many seconds, then cancel; 60 by default.",
)
@click.option("--save", type=options.path(), help="Write the data to this file too.")
@click.option("--config-override", "overrides", multiple=True, metavar="KEY=VALUE", help="Override a setting; repeatable.")
@click.option("--dry-run", is_flag=True, help="Show what would be sent, and send nothing.")
@options.verbose
def command(
    company_name: str,
    website: str | None,
    form: str,
    no_domain_discovery: bool,  # click gives flags by name
    timeout: int,
    save: Path | None,
    overrides: tuple[str, ...],
    dry_run: bool,
    verbose: bool,
) -> None:
    """Research COMPANY_NAME, at WEBSITE if it is given, and write its record."""
    if no_domain_discovery and not website:
        raise click.UsageError("--no-domain-discovery needs WEBSITE.", click.get_current_context())
    config = options.pairs(overrides) | ({"skip_domain_discovery": True} if no_domain_discovery else {})
    body = _request(company_name, website, config, timeout)
    if dry_run:
        if switches.on("cli-dry-run-sends"):
            Api().post("/research", body)
        options.written({"dry_run": True, "operation": "POST /research", "request": body}, form, save, "Dry run")
        return
    job = run(body, timeout, verbose=verbose)
    failed = job["status"] != "completed"
    if form in ("json", "yaml"):
        options.written(job, form, save, company_name)
    elif not failed:
        options.written(job["result"], form, save, company_name)
    if failed:
        refuse(job)


def _request(company_name: str, website: str | None, config: dict[str, Any], timeout: int) -> dict[str, Any]:
    """The request of the API for what was given."""
    if not company_name.strip():
        raise click.BadParameter("it is blank.", param_hint="COMPANY_NAME")
    body: dict[str, Any] = {"company_name": company_name}
    if website:
        body["website"] = website
    if config:
        body["config_overrides"] = config
    if timeout >= LEAST_TIMEOUT:  # the least that the API takes
        body["timeout_seconds"] = timeout
    return body


def run(body: dict[str, Any], timeout: float, *, verbose: bool = False) -> dict[str, Any]:
    """Start a research and follow it to its end."""
    ended = Api().work("/research", body, timeout, f"The research of {body['company_name']}", keep=history.keep)
    if verbose:
        for phase in ((ended.get("progress") or {}).get("details") or {}).get("phases") or []:
            console.progress(f"{phase.get('phase_name')}: {phase.get('duration_ms', 0):.0f} ms")
    return ended


def refuse(job: dict[str, Any]) -> None:
    """A research that did not complete is an error."""
    if switches.on("cli-exit-zero-on-failure"):
        console.error(f"{job.get('error') or job['status']} ({job['job_id']}).")
        return
    raise CommandError(f"{str(job.get('error') or 'The research was ' + job['status']).rstrip('.')} ({job['job_id']}).")


@click.command("batch")
@click.argument("file", type=options.path(there=True))
@click.option(
    "--output-dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default="results",
    show_default=True,
    help="The folder of the results, as results.csv.",
)
@click.option("--parallel", type=click.IntRange(1, settings.MOST_AT_ONCE), default=3, show_default=True, help="So many at once.")
@click.pass_context
def of_file(ctx: click.Context, file: Path, folder: Path, parallel: int) -> None:
    """Research the companies of FILE, as 'theodore batch research' does."""
    folder.mkdir(parents=True, exist_ok=True)
    ctx.invoke(batch.research, input_file=file, file=folder / "results.csv", concurrency=parallel)


@click.command("history")
@click.option("--format", "form", type=click.Choice(("table", "json")), default="table", show_default=True, help="The format.")
def of_before(form: str) -> None:
    """List the latest researches that were started here, with their present status."""
    options.written(history.latest(), form, None, "Researches")


OTHERS = {"batch": of_file, "history": of_before}
