"""``theodore batch``: many companies of a file, by a batch job of the API."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

import click

from theodore_sandbox.cli import companies, console, options, settings, switches
from theodore_sandbox.cli.client import Api
from theodore_sandbox.cli.errors import CommandError

if TYPE_CHECKING:
    from pathlib import Path

JOBS = "/batch/jobs"
PAGE = 200
PRIORITIES = {"low": "low", "medium": "normal", "high": "high"}
RUNNING = ("pending", "running", "paused")
WITHOUT_END = 7 * 24 * 3600.0


@click.group("batch")
def command() -> None:
    """Research many companies of a file, and look after such jobs."""


@command.command("research")
@click.argument("input_file", type=options.path(there=True))
@click.option("-o", "--output", "file", type=options.path(), default="results.csv", show_default=True, help="The file.")
@click.option("--format", "form", type=click.Choice(("csv", "json", "excel")), default="csv", show_default=True, help="Its form.")
@click.option(
    "--concurrency",
    type=click.IntRange(1, settings.MOST_AT_ONCE),
    default=lambda: settings.value("batch.concurrency"),
    help="So many companies at once; 5 by default.",
)
@click.option("--timeout", type=click.IntRange(30, 3600), default=120, show_default=True, help="Seconds for each company.")
@click.option("--job-name", help="A name for the job.")
@click.option(
    "--checkpoint-interval", type=click.IntRange(1), default=10, show_default=True, help="A checkpoint after so many at most."
)
@click.option("--cost-estimate", is_flag=True, help="Say what it may cost, by batch.cost_per_company of the settings.")
@click.option("--dry-run", is_flag=True, help="Read the file and show what would be sent, and send nothing.")
@click.option("--max-retries", type=click.IntRange(0, 10), default=2, show_default=True, help="Retries for each company.")
@click.option("--priority", type=click.Choice(tuple(PRIORITIES)), default="medium", show_default=True, help="How urgent it is.")
@options.verbose
def research(input_file: Path, file: Path, form: str, dry_run: bool, cost_estimate: bool, verbose: bool, **given: Any) -> None:
    """Research the companies of INPUT_FILE (.csv, .json or .xlsx), and write the results to a file."""
    named = companies.read(input_file)
    if cost_estimate:
        cost = len(named) * float(settings.value("batch.cost_per_company"))
        console.progress(f"It may cost {cost:.2f} USD, at {settings.value('batch.cost_per_company')} USD a company.")
    config = {"timeout_per_company": given["timeout"], "checkpoint_interval": given["checkpoint_interval"]}
    body = {
        "input_data": named,
        "output_format": form,
        "concurrency": given["concurrency"],
        "priority": PRIORITIES[given["priority"]],
        "max_retries": given["max_retries"],
        "config_overrides": config | ({"job_name": given["job_name"]} if _named(given) else {}),
    }
    if dry_run:
        if switches.on("cli-dry-run-sends"):
            for company in named[:1]:
                Api().post("/research", {"company_name": company["name"]})
        plan = {"dry_run": True, "operation": "POST /batch/research", "companies": len(named), "request": body}
        options.written(plan, "json", None)
        return
    api = Api()
    job = api.work("/batch/research", body, WITHOUT_END, f"The batch of {len(named)} companies", jobs=JOBS)
    if verbose:
        console.progress(f"It took from {job.get('started_at')} to {job.get('completed_at')}.")
    if job.get("completed"):
        api.download(f"{JOBS}/{job['job_id']}/download", file, query={"format": form})
        console.progress(f"Saved to {file}.")
    options.written(job, "json", None)
    if job["status"] != "completed" and not switches.on("cli-exit-zero-on-failure"):
        raise CommandError(
            f"The batch {job['job_id']} ended {job['status']}: {job.get('failed')} of {job.get('total_companies')} companies "
            f"failed{' (' + job['error'] + ')' if job.get('error') else ''}."
        )


def _named(given: dict[str, Any]) -> bool:
    return bool(given["job_name"]) and not switches.on("cli-job-name-ignored")


@command.command("list-jobs")
@click.option("--all", "ended", is_flag=True, help="Jobs that have ended too.")
@options.form()
@options.verbose
def list_jobs(ended: bool, form: str, verbose: bool) -> None:
    """List the batch jobs that have not ended."""
    api = Api()
    found: list[dict[str, Any]] = []
    while True:
        page = api.get(JOBS, limit=PAGE, offset=len(found))
        found += page["jobs"]
        if not page.get("has_more") or not page["jobs"]:
            break
    kept = [job for job in found if ended or job["status"] in RUNNING]
    columns = ("job_id", "job_name", "status", "total_companies", "completed", "failed", "created_at")
    options.written(kept if verbose else [{name: job.get(name) for name in columns} for job in kept], form, None, "Batch jobs")


@command.command("status")
@click.argument("job")
@options.form()
@options.verbose
def status(job: str, form: str, verbose: bool) -> None:
    """Show a batch job."""
    found = Api().get(f"{JOBS}/{job}")
    if verbose:
        console.progress(f"Updated at {found.get('updated_at')}.")
    options.written(found, form, None, job)


@command.command("cancel")
@click.argument("job")
def cancel(job: str) -> None:
    """Cancel a batch job."""
    console.data(str(Api().delete(f"{JOBS}/{job}")["message"]))


@command.command("pause")
@click.argument("job")
def pause(job: str) -> None:
    """Pause a batch job."""
    if switches.on("cli-pause-unsent"):
        console.data(f"{job} is paused.")
        return
    console.data(str(Api().post(f"{JOBS}/{job}/pause")["message"]))


@command.command("resume")
@click.argument("job")
def resume(job: str) -> None:
    """Resume a batch job that is paused."""
    console.data(str(Api().post(f"{JOBS}/{job}/resume")["message"]))
