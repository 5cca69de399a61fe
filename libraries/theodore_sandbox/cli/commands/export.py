"""``theodore export``: reports about companies as files."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

import click

from theodore_sandbox.cli import console, options, output, settings, switches
from theodore_sandbox.cli.client import Api
from theodore_sandbox.cli.commands import research

if TYPE_CHECKING:
    from pathlib import Path

REPORTS = {"json": "data for programs", "html": "a page", "markdown": "text"}


@click.group("export")
def command() -> None:
    """Write reports about companies to files."""


@command.command("formats")
@options.form()
def formats(form: str) -> None:
    """List the formats that reports have."""
    listed = [{"command": "report", "format": name, "what": what} for name, what in REPORTS.items()]
    options.written(listed, form, None, "Formats")


@command.command("report")
@click.argument("company_name")
@click.option("-f", "--format", "form", type=click.Choice(tuple(REPORTS)), default="json", show_default=True, help="The format.")
@click.option("-o", "--output", "file", type=options.path(), required=True, help="The file.")
@click.option("--include-similar", is_flag=True, help="With similar companies.")
@click.option("--timeout", type=click.IntRange(1, 3600), default=60, show_default=True, help="Wait so many seconds, then cancel.")
def report(company_name: str, form: str, file: Path, include_similar: bool, timeout: int) -> None:
    """Research COMPANY_NAME and write a report about it."""
    job = research.run({"company_name": company_name}, timeout)
    if job["status"] != "completed":
        research.refuse(job)
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
