"""``theodore chaos``: what is injected at the moment, a way back when its holder is gone, and the fault proxy by itself."""

from __future__ import annotations

import time

import click

from theodore_qa.cli.fault_proxy import proxy
from theodore_qa.faults import agent_client


@click.group("chaos")
def group() -> None:
    """See and undo injected faults; start the fault proxy."""


group.add_command(proxy)


@group.command("status")
def status() -> None:
    """List the faults that are active; exit code 1 if there are any, 3 if one could not be undone."""
    rows = agent_client.standing("status")
    for row in rows:
        since = f"since {_clock(row['injected'])}" if row["injected"] else "being injected"
        how = f"NOT UNDONE ({row['problem']})" if row["state"] == "failed" else since
        holder = f"held by process {row['holder'][0]}" if row["held"] else "held by nobody"
        click.echo(f"{row['kind']:<22} {row['target']:<50} {how}, {holder}{_label(row['label'])}")
    if not rows:
        click.echo("No fault is active.")
    click.get_current_context().exit(3 if any(row["state"] == "failed" for row in rows) else bool(rows))


@group.command("rollback")
def rollback() -> None:
    """Undo all faults of this user on this machine, whoever holds them; exit code 3 if one cannot be undone."""
    rows = agent_client.standing("rollback")
    for row in rows:
        outcome = f"NOT UNDONE: {row['problem']}" if row["state"] == "failed" else "undone"
        click.echo(f"{row['kind']:<22} {row['target']:<50} {outcome}")
    if not rows:
        click.echo("There was nothing to undo.")
    click.get_current_context().exit(3 if any(row["state"] == "failed" for row in rows) else 0)


def _clock(moment: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(moment))


def _label(text: str) -> str:
    return f": {text}" if text else ""
