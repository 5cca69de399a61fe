"""``theodore config``: the settings of this command line; nothing is sent."""

from __future__ import annotations

import sys
from typing import Any, TYPE_CHECKING

import click

from theodore_sandbox.cli import console, options, settings, switches
from theodore_sandbox.cli.errors import CommandError

if TYPE_CHECKING:
    from pathlib import Path


@click.group("config")
def command() -> None:
    """Show and change the settings, which stand in ~/.theodore/config.yml."""


@command.command("show")
@click.option("--include-sensitive", is_flag=True, help="Show passwords and keys too.")
@options.form()
def show(include_sensitive: bool, form: str) -> None:
    """Show all settings."""
    kept = settings.load()
    values: dict[str, Any] = {}
    for key in settings.DEFAULTS:
        given = settings.value(key)
        hide = bool(given) and settings.hidden(key, kept) and not include_sensitive
        values[key] = settings.HIDDEN if hide and not switches.on("cli-settings-show-secrets") else given
    options.written(values, form, None, "Settings")


@command.command("get")
@click.argument("key")
@click.option("--show-source", is_flag=True, help="Say on standard error where the value comes from.")
def get(key: str, show_source: bool) -> None:
    """Write the value of a setting."""
    given, source = settings.looked_up(settings.known(key))
    if show_source:
        console.progress(f"From {source}.")
    console.data(str(given))


@command.command("set")
@click.argument("key")
@click.argument("value")
@click.option("--secure", is_flag=True, help="Never show this value, unless asked for.")
def set_(key: str, value: str, secure: bool) -> None:
    """Set a setting."""
    kept = settings.load() | {settings.known(key): settings.typed(key, value)}
    if secure:
        kept[settings.SECURE] = sorted({*(kept.get(settings.SECURE) or ()), key})
    console.progress(f"Set {key} in {settings.store(kept)}.")


@command.command("reset")
@click.option("--confirm", is_flag=True, help="Do not ask.")
@click.option("--keep-credentials", is_flag=True, help="Keep name, password and key.")
def reset(confirm: bool, keep_credentials: bool) -> None:
    """Forget all settings."""
    if not confirm:
        if not sys.stdin.isatty():
            raise click.UsageError("Without a terminal to ask on, --confirm is needed.", click.get_current_context())
        click.confirm("Forget all settings?", abort=True, err=True)
    kept = {key: given for key, given in settings.load().items() if keep_credentials and key.startswith("credentials.")}
    console.progress(f"Reset {settings.store(kept)}.")


@command.command("validate")
def validate() -> None:
    """Look whether the settings are as they should be; exit code 1 if not."""
    kept = settings.load()
    wrong = [f"There is no setting '{key}'." for key in kept if key not in settings.DEFAULTS and key != settings.SECURE]
    wrong += filter(None, (settings.problem(key, settings.value(key)) for key in settings.DEFAULTS))
    if wrong and not switches.on("cli-exit-zero-on-failure"):
        raise CommandError(" ".join(wrong))
    console.data("The settings are valid.")


@command.command("init")
@click.option("-o", "--output", "file", type=options.path(), help="The file; ~/.theodore/config.yml by default.")
@click.option("--force", is_flag=True, help="Overwrite a file that is there.")
def init(file: Path | None, force: bool) -> None:
    """Write a file with the defaults."""
    target = file or settings.path()
    if target.exists() and not force:
        raise CommandError(f"{target} is there already: overwrite it by --force.")
    console.progress(f"Wrote {settings.store(dict(settings.DEFAULTS), target)}.")
