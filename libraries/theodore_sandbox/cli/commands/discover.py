"""``theodore discover``: companies that are similar to one."""

from __future__ import annotations

import sys
from typing import Any, TYPE_CHECKING

import click

from theodore_sandbox.cli import console, options, output, settings, switches
from theodore_sandbox.cli.client import Api
from theodore_sandbox.cli.commands import research
from theodore_sandbox.cli.errors import CommandError

if TYPE_CHECKING:
    from pathlib import Path

SOURCES = {"vector": ["vector"], "web": ["web"], "hybrid": ["vector", "web"]}
FILTERS = ("business_model", "company_size", "industry", "location")
MODELS = ("b2b", "b2c", "marketplace", "saas", "ecommerce")
SIZES = ("startup", "small", "medium", "large", "enterprise")


@click.command("discover")
@click.argument("company_name")
@click.option(
    "--limit",
    type=click.IntRange(1, settings.MOST_FOUND),
    default=lambda: settings.value("discover.limit"),
    help="So many companies at most; 10 by default.",
)
@options.form()
@click.option("--business-model", type=click.Choice(MODELS), help="Only companies of this model.")
@click.option("--company-size", type=click.Choice(SIZES), help="Only companies of this size.")
@click.option("--industry", help="Only companies of this industry.")
@click.option("--location", help="Only companies at this location.")
@click.option(
    "--similarity-threshold",
    type=click.FloatRange(0, 1),
    default=lambda: settings.value("discover.similarity_threshold"),
    help="The least similarity, 0 to 1; 0.6 by default.",
)
@click.option("--source", type=click.Choice(tuple(SOURCES)), default="hybrid", show_default=True, help="Where to look.")
@click.option("-i", "--interactive", is_flag=True, help="Ask which of the companies to research.")
@click.option("--research-discovered", is_flag=True, help="Research the companies that are found.")
@click.option("--save", type=options.path(), help="Write the data to this file too.")
@click.option("--explain-similarity", is_flag=True, help="Explain why the companies are similar.")
@click.option("--timeout", type=click.IntRange(1, 3600), default=45, show_default=True, help="Wait so many seconds, then cancel.")
@click.option("--dry-run", is_flag=True, help="Show what would be sent, and send nothing.")
@options.verbose
def command(
    company_name: str,
    form: str,
    interactive: bool,  # click gives flags by name
    save: Path | None,
    timeout: int,
    dry_run: bool,
    **given: Any,
) -> None:
    """Find companies that are similar to COMPANY_NAME, the most similar first."""
    if not company_name.strip():
        raise click.BadParameter("it is blank.", param_hint="COMPANY_NAME")
    if switches.on("cli-settings-unused") and given["limit"] == settings.value("discover.limit"):
        given["limit"] = settings.DEFAULTS["discover.limit"]
    if interactive and not sys.stdin.isatty():
        raise click.UsageError("--interactive needs a terminal.", click.get_current_context())
    body = _request(company_name, given)
    if dry_run:
        options.written({"dry_run": True, "operation": "POST /discover", "request": body}, form, save, "Dry run")
        return
    job = Api().work("/discover", body, timeout, f"The discovery for {company_name}")
    if job["status"] != "completed":
        if form in ("json", "yaml"):
            options.written(job, form, save)
        raise CommandError(f"{str(job.get('error') or 'The discovery was ' + job['status']).rstrip('.')} ({job['job_id']}).")
    found = job.get("results") or []
    options.written(job if form in ("json", "yaml") else found, form, save, f"Similar to {company_name}")
    if given["explain_similarity"] and form not in ("json", "yaml"):
        for match in found:
            console.progress(f"{match['company'].get('name')}: {match.get('similarity_explanation') or ''}")
    if interactive:
        _research_chosen(found)


def _request(company_name: str, given: dict[str, Any]) -> dict[str, Any]:
    """The request of the API for the options that were given."""
    if switches.on("cli-limit-ignored"):
        given["limit"] = settings.DEFAULTS["discover.limit"]
    if switches.on("cli-threshold-unsent"):
        given["similarity_threshold"] = settings.DEFAULTS["discover.similarity_threshold"]
    filters = {name: [given[name]] for name in FILTERS if given[name]}
    if switches.on("cli-filter-ignored"):
        filters.pop("industry", None)
    body: dict[str, Any] = {
        "company_name": company_name,
        "limit": given["limit"],
        "similarity_threshold": float(given["similarity_threshold"]),
        "source_preference": SOURCES[given["source"]],
        "include_research": given["research_discovered"],
        "enable_ai_explanations": given["explain_similarity"],
    }
    return body | ({"filters": filters} if filters else {})


def _research_chosen(found: list[dict[str, Any]]) -> None:
    """Research the companies whose numbers are typed."""
    for number, match in enumerate(found, 1):
        console.progress(f"{number}. {output.cell(match['company'].get('name'))}")
    typed = click.prompt("Numbers of those to research, with commas", default="", show_default=False, err=True)
    for part in filter(None, (text.strip() for text in str(typed).split(","))):
        if not part.isdigit() or not 1 <= int(part) <= len(found):
            raise CommandError(f"'{part}' is none of the numbers 1 to {len(found)}.")
        company = found[int(part) - 1]["company"]
        job = research.run({"company_name": company["name"]}, float(settings.value("research.timeout")))
        if job["status"] != "completed":
            research.refuse(job)
