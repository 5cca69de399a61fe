"""The commands by name; the module of each is imported when it is called, so that help is quick."""

from __future__ import annotations

import importlib
from typing import Any

import click

from theodore_sandbox.cli import switches

VERSION = "2.0.0"
COMMANDS = {
    "research": "Research a company.",
    "discover": "Find companies that are similar to one.",
    "batch": "Research many companies of a file, and look after such jobs.",
    "export": "Write companies and reports to files.",
    "config": "Show and change the settings of this command line.",
    "plugin": "List, install and switch plugins.",
}


class LazyGroup(click.Group):
    """A group whose commands are known by name and summary before they are imported."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = importlib.import_module(f"theodore_sandbox.cli.commands.{cmd_name}").command
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands in the help."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def get_help(self, ctx: click.Context) -> str:
        """The help."""
        if switches.on("cli-help-asks-the-api"):
            from theodore_sandbox.cli import client

            client.greet()
        return super().get_help(ctx)


@click.group("theodore", cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, message="theodore %(version)s")
def root(**_: Any) -> None:
    """Theodore: company intelligence from the command line.

    The system is at THEODORE_API_URL, or at api.url of the settings. THEODORE_USERNAME and THEODORE_PASSWORD, or
    THEODORE_API_KEY, say who uses it. Data go to standard output, progress and errors to standard error.
    """
