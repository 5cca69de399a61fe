"""The environment of a run: loaded, selected, reached, with what cannot be used said before anything is run."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from theodore_qa.context import SELECTED
from theodore_qa.errors import UnreachableError, UsageError
from theodore_qa.systems import environment as environments

if TYPE_CHECKING:
    from theodore_qa.systems.environment import Environment
    from theodore_qa.systems.system import System


def opened(name: str | None, system: str | None, *, real_allowed: bool) -> Environment:
    """The environment of a run; its systems, or the selected one, are reached and their names checked against their contracts."""
    environment = environments.load(environments.locate(name))
    used = [environment.system(system)] if system else list(environment.systems.values())
    if system:
        os.environ[SELECTED] = system
    _refuse_costs(environment, used, real_allowed=real_allowed)
    know_secrets(environment)
    silent = []
    for tested in used:
        if tested.embedded:
            continue
        _warn_of_unset(tested)
        problem = _reached(tested)
        if problem:
            silent.append(problem)
            click.echo(f"NOT REACHED: {problem}")
    if silent and len(silent) == len(used):
        raise UnreachableError(silent[0])
    return environment


def know_secrets(environment: Environment) -> None:
    """Make the secrets of an environment known, and say which of them cannot be kept out of everything."""
    from theodore_qa.redaction.secrets import secrets
    from theodore_qa.run import runner

    runner.know_secrets(environment)
    for note in secrets.new_notes():
        click.echo(f"NOTE: {note}")


def _refuse_costs(environment: Environment, used: list[System], *, real_allowed: bool) -> None:
    real = [system.name for system in used if system.declared.services == "real"]
    if real_allowed and not real:
        raise UsageError(
            f"--include-real-services was given, but the environment {environment.name} has only doubles of its services: "
            f"name one with 'services: real' by --environment."
        )
    if real and not real_allowed:
        raise UsageError(
            f"The environment {environment.name} calls real, paid services: give --include-real-services to allow that."
        )


def _warn_of_unset(system: System) -> None:
    unset = {
        name: [variable for variable in identity.variables if not os.environ.get(variable)]
        for name, identity in system.identities.items()
    }
    for name, variables in unset.items():
        for variable in variables:
            click.echo(f"NOT SET: {variable}: what needs the identity '{name}' of {system.name} is NOT EVALUATED.")


def _reached(system: System) -> str:
    """Ask a system once, and hold the names of its description against its contract; why it does not answer, or nothing."""
    client = system.new_client()
    try:
        answer = client.send("GET", "/")
    finally:
        client.close()
    if not answer.status:
        return system.unanswered(answer)
    system.contract.check_names()
    return ""
