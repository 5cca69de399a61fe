"""``theodore check``: what can be tested with an environment file, what not and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from theodore_qa.cli.environments import know_secrets
from theodore_qa.systems import abilities, reaching
from theodore_qa.systems import environment as environments

if TYPE_CHECKING:
    from theodore_qa.systems.system import System

REACHED = {True: "✔", False: "✘", None: "?"}
MARKS = {abilities.YES: "✔", abilities.NO: "✘", abilities.IN_PART: "◐"}


@click.command("check")
@click.argument("name", metavar="ENVIRONMENT", required=False)
@click.option("--system", metavar="NAME", help="Only this system.")
@click.option("--connect", is_flag=True, help="Also sign everybody in and ask each link, store, provider and engine once.")
def command(name: str | None, system: str | None, *, connect: bool) -> None:
    """Say what can be tested with ENVIRONMENT, a file or its short name; nothing hostile is sent.

    Exit code 2 if the file is wrong, 3 if --connect finds something that does not answer.
    """
    from theodore_qa.redaction.secrets import redact

    environment = environments.load(environments.locate(name))
    know_secrets(environment)
    click.echo(f"{environment.path.name} is valid: {environment.name}, {environment.kind}, hosts {', '.join(environment.hosts)}.")
    for entry, waiver in abilities.waivers(environment):
        click.echo(f"Does without {entry}: {waiver}.")
    failed = False
    for checked in [environment.system(system)] if system else environment.systems.values():
        _show(checked)
        if connect:
            for subject, outcome, fine in reaching.of(checked):
                failed |= fine is False
                click.echo(redact(f"  {REACHED[fine]} {subject}: {outcome}"))
            checked.close()
    click.get_current_context().exit(3 if failed else 0)


def _show(system: System) -> None:
    if not system.embedded and not system.declared.contract.startswith("/"):
        system.contract.check_names()
    click.echo(f"\n{system.name} at {system.declared.url}")
    for ability in abilities.of(system):
        click.echo(f"  {MARKS[ability.possible]} {ability.what:<40} {ability.why}")
    for problem in (
        system.contract.document.not_understood
        if not system.declared.contract.startswith("/") and system.contract.document
        else ()
    ):
        click.echo(f"    not understood: {problem}")
