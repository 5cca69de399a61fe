"""Options that commands share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TYPE_CHECKING, TypeVar

import click

from theodore_sandbox.cli import console, output, settings, switches

if TYPE_CHECKING:
    from collections.abc import Callable

Command = TypeVar("Command", bound="Callable[..., Any]")


def form() -> Callable[[Command], Command]:
    """``--output``: how data are written."""
    return click.option(
        "-o",
        "--output",
        "form",
        type=click.Choice(settings.FORMATS),
        default=lambda: settings.value("output.format"),
        help="How data are written; table by default.",
    )


def verbose(command: Command) -> Command:
    """``--verbose``: details on standard error."""
    return click.option("-v", "--verbose", is_flag=True, help="Say more on standard error.")(command)


def path(*, there: bool = False) -> Any:
    """A file; one that is read has to be there."""
    return click.Path(exists=there, dir_okay=False, path_type=Path)


def written(value: Any, form_: str, save: Path | None, title: str = "") -> None:
    """Write data to standard output, and to a file too if one is named."""
    text = output.rendered(value, form_, title)
    if save:
        kept = output.rendered(value, "json" if form_ == "table" else form_, title)
        if not switches.on("cli-save-nothing"):
            console.save(save, kept.encode())
        console.progress(f"Saved to {save}.")
    console.data(text)


def pairs(given: tuple[str, ...]) -> dict[str, Any]:
    """Values of ``key=value``; numbers, true, false and JSON are what they look like."""
    found: dict[str, Any] = {}
    for pair in given:
        key, equal, text = pair.partition("=")
        if not equal or not key:
            raise click.BadParameter(f"'{pair}' is not of the form key=value.")
        try:
            found[key] = json.loads(text)
        except ValueError:
            found[key] = text
    return found
