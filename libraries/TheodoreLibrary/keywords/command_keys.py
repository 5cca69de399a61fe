"""Keywords about the credentials by which the command line uses the system."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from robotlibcore import keyword

from theodore_qa.context import context
from theodore_qa.systems.nobody import NOBODY
from TheodoreLibrary import api_keys, command_checks, command_proof
from TheodoreLibrary.keywords.command_line import CommandLineKeywords

if TYPE_CHECKING:
    from pathlib import Path

    from theodore_qa.observing.checks import Checks
    from TheodoreLibrary.command_line import CommandResult

UNKNOWN = "qa-of-nobody"


class CommandKeyKeywords:
    """Calls of the command line that are made by an API key, or by what is kept among the settings."""

    @keyword(tags=("command-line",))
    def command_should_use_api_key(
        self, *arguments: str, variable: str = "THEODORE_API_KEY", setting: str = "", identity: str | None = None
    ) -> None:
        """Makes an API key, and checks that the command line uses the system by it: from its variable, and from its setting.

        Each call has neither name nor password. It is made with the key in the variable, which has to succeed, and with a key
        that nobody has, which has to fail with exit code 1. With ``setting`` it is made with the key among the settings as well,
        and with one of them right and the other wrong: the variable counts then, as for every other setting.

        Args:
            arguments: The arguments of a command that the key may use, each by itself.
            variable: The environment variable that the command reads the key from.
            setting: The setting that ``config set`` keeps the key in; by default none is tried.
            identity: Whose key it is; by default the first identity of the environment.

        Raises:
            QaError: No key was made, or a call ended otherwise.

        Example:

        ```robotframework
        Command Should Use Api Key    batch    list-jobs    setting=credentials.api_key
        ```
        """
        key, _ = api_keys.make_key(context.system.token(identity))
        first = _call(*arguments, environment={variable: key})
        checks = command_checks.about("Command by API key", first)
        _ended(checks, "cli.api_key", first, f"a key in {variable}")
        wrong = _call(*arguments, environment={variable: UNKNOWN})
        _ended(checks, "cli.api_key", wrong, f"another key in {variable}", command_checks.FAILED)
        if setting:
            folder = _kept(checks, {setting: key})
            _ended(checks, "cli.api_key", _call(*arguments, folder=folder), f"a key in {setting}")
            wrong = _call(*arguments, folder=folder, environment={variable: UNKNOWN})
            _ended(checks, "cli.api_key", wrong, f"another key in {variable} than in {setting}", command_checks.FAILED)
            _kept(checks, {setting: UNKNOWN}, folder)
            wrong = _call(*arguments, folder=folder)
            _ended(checks, "cli.api_key", wrong, f"another key in {setting}", command_checks.FAILED)
            right = _call(*arguments, folder=folder, environment={variable: key})
            _ended(checks, "cli.api_key", right, f"a key in {variable} beside another in {setting}")
        checks.conclude()

    @keyword(tags=("command-line",))
    def command_should_use_name_and_password(
        self, *arguments: str, username: str, password: str, identity: str | None = None
    ) -> None:
        """Keeps the name and the password of an identity among the settings, and checks that the command line signs in by them.

        No variable of the environment names anybody. With another password the same call has to fail with exit code 1.

        Args:
            arguments: The arguments of a command that the identity may use, each by itself.
            username: The setting that ``config set`` keeps the name in.
            password: The setting that it keeps the password in.
            identity: Who it is; by default the first identity of the environment.

        Raises:
            QaError: A call ended otherwise.

        Example:

        ```robotframework
        Command Should Use Name And Password
        ...    batch    list-jobs    username=credentials.username    password=credentials.password
        ```
        """
        person = context.system.identity(identity)
        first = _call("config", "set", username, person.username)
        checks = command_checks.about("Command by name and password", first)
        _ended(checks, "cli.name_and_password", first, f"config set {username}")
        folder = _kept(checks, {password: person.password()}, first.folder)
        right = _call(*arguments, folder=folder)
        _ended(checks, "cli.name_and_password", right, f"{username} and {password}")
        _kept(checks, {password: UNKNOWN}, folder)
        wrong = _call(*arguments, folder=folder)
        _ended(checks, "cli.name_and_password", wrong, f"another {password}", command_checks.FAILED)
        checks.conclude()


def _call(*arguments: str, **options: Any) -> CommandResult:
    """A call that no name and password of the environment go with."""
    result: CommandResult = CommandLineKeywords().run_theodore_command(*arguments, identity=NOBODY, **options)
    return result


def _kept(checks: Checks, values: dict[str, str], folder: Path | None = None) -> Path:
    """The folder of a call that has kept values among the settings."""
    for setting, value in values.items():
        done = _call("config", "set", setting, value, folder=folder)
        _ended(checks, "cli.setting_kept", done, f"config set {setting}")
        folder = done.folder
    assert folder is not None  # noqa: S101  # there is a value
    return folder


def _ended(checks: Checks, check: str, result: CommandResult, condition: str, code: int = 0) -> None:
    """Record with which exit code a call ended, and what it said if that is another one."""
    reason = "" if result.code == code else f" ({command_proof.excerpt(result)})"
    checks.that(check, result.code == code, f"exit code {code} with {condition}", f"exit code {result.code}{reason}")
