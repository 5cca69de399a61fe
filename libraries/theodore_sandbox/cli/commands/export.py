"""``theodore export``: companies, reports about them and backups as files."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

import click

from theodore_sandbox.cli import console, options, output, settings, switches
from theodore_sandbox.cli.client import Api
from theodore_sandbox.cli.commands import research

if TYPE_CHECKING:
    from pathlib import Path

COMPANIES = ("json", "csv", "xlsx", "yaml")
REPORTS = ("json", "pdf", "html", "markdown")
# Options that are sent where they differ from what the API does anyway, with the defect that ignores each.
SENT = {
    "compress": (True, "cli-compress-ignored"),
    "validate_data": (False, "cli-validation-ignored"),
    "include_audit_trail": (True, "cli-audit-trail-ignored"),
}
MOST_NAMED = 20
FORMATS = {"companies": COMPANIES, "report": REPORTS, "backup": ("zip",)}


@click.group("export")
def command() -> None:
    """Write companies, reports about them and backups to files."""


@command.command("formats")
@options.form()
def formats(form: str) -> None:
    """List the formats."""
    listed = [{"command": name, "format": kind} for name, kinds in FORMATS.items() for kind in kinds]
    options.written(listed, form, None, "Formats")


@command.command("companies")
@click.option("-f", "--format", "form", type=click.Choice(COMPANIES), default="json", show_default=True, help="The format.")
@click.option("-o", "--output", "file", type=options.path(), required=True, help="The file.")
@click.option("--filter-industry", "industries", multiple=True, help="Only companies of this industry; repeatable.")
@click.option("--min-quality-score", type=click.FloatRange(0, 1), help="Only companies of this quality or better.")
@click.option("--compress", is_flag=True, help="Pack the file by gzip.")
@click.option("--validate-data/--no-validate-data", default=True, show_default=True, help="Say which companies are not valid.")
@click.option("--include-audit-trail", is_flag=True, help="Say who exported what, when, with which filters.")
def companies(form: str, file: Path, industries: tuple[str, ...], min_quality_score: float | None, **given: bool) -> None:
    """Write the companies that were researched."""
    chosen = () if switches.on("cli-export-filter-ignored") else industries
    filters: dict[str, Any] = {"industries": list(chosen)} if chosen else {}
    if min_quality_score is not None and not switches.on("cli-quality-ignored"):
        filters["min_quality_score"] = min_quality_score
    if switches.on("cli-export-unfiltered"):
        filters.clear()
    body: dict[str, Any] = {"format": form} | ({"filters": filters} if filters else {})
    body |= {name: value for name, (value, defect) in SENT.items() if given[name] is value and not switches.on(defect)}
    _written("/export/companies", body, file)


@command.command("backup")
@click.option("--backup-path", "file", type=options.path(), default="theodore_backup.zip", show_default=True, help="The file.")
@click.option("--include-cache", is_flag=True, help="With what is cached.")
def backup(file: Path, include_cache: bool) -> None:
    """Write everything to a ZIP file."""
    _written("/export/backup", {"include_cache": include_cache and not switches.on("cli-cache-left-out")}, file)


def _written(path: str, body: dict[str, Any], file: Path) -> None:
    """Have the API write a file, and download it."""
    api = Api()
    export = api.post(path, body)
    if not switches.on("cli-export-without-file"):
        api.download(f"/export/files/{export['export_id']}/download", file, sha256=str(export.get("sha256") or ""))
    console.progress(f"Saved to {file}.")
    for wrong in (export.get("validation_errors") or [])[:MOST_NAMED]:
        console.progress(f"Not valid: {wrong.get('company')}, {wrong.get('field')}: {wrong.get('problem')}.")
    options.written({**export, "file": str(file)}, "json", None)


@command.command("report")
@click.argument("company_name")
@click.option("-f", "--format", "form", type=click.Choice(REPORTS), default="json", show_default=True, help="The format.")
@click.option("-o", "--output", "file", type=options.path(), required=True, help="The file.")
@click.option("--include-similar", is_flag=True, help="With similar companies.")
@click.option("--timeout", type=click.IntRange(1, 3600), default=60, show_default=True, help="Wait so many seconds, then cancel.")
def report(company_name: str, form: str, file: Path, include_similar: bool, timeout: int) -> None:
    """Research COMPANY_NAME and write a report about it."""
    job = research.run({"company_name": company_name}, timeout)
    if job["status"] != "completed":
        research.refuse(job)
        return
    if form == "pdf":  # the API writes it of what was researched
        _written("/export/report", {"company": job["result"]["name"], "format": form, "include_similar": include_similar}, file)
        return
    whole: dict[str, Any] = {"company": job["result"]}
    if include_similar:
        body = {"company_name": company_name, "limit": settings.DEFAULTS["discover.limit"]}
        found = Api().work("/discover", body, timeout, f"The discovery for {company_name}")
        whole["similar"] = found.get("results") or []
    if not switches.on("cli-export-without-file"):
        console.save(file, _report(company_name, whole, form).encode())
    console.progress(f"Saved to {file}.")
    options.written({"job_id": job["job_id"], "status": job["status"], "format": form, "file": str(file)}, "json", None)


def _report(company_name: str, whole: dict[str, Any], form: str) -> str:
    similar = [output.flat(match) for match in whole.get("similar", ())]
    if form == "json":
        return output.rendered(whole, "json") + "\n"
    if form == "markdown":
        text = output.rendered(whole["company"], "markdown", company_name)
        return text + ("\n" + output.rendered(similar, "markdown", "Similar companies") if similar else "")
    from html import escape

    rows = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(output.cell(value))}</td></tr>"
        for name, value in whole["company"].items()
        if value not in (None, [], {})
    )
    more = "".join(f"<li>{escape(output.cell(company.get('name')))}</li>" for company in similar)
    listed = f"<h2>Similar companies</h2><ul>{more}</ul>" if more else ""
    title = escape(company_name)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
        f"<body><h1>{title}</h1><table>{rows}</table>{listed}</body></html>\n"
    )
