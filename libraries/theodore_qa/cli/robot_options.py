"""The options after ``--``: which go to robot and which to pabot, and which would write beside the results of the run."""

from __future__ import annotations

from pathlib import Path

import click

from theodore_qa.errors import UsageError

PABOT_VALUES = {
    "--hive", "--resourcefile", "--pabotlibhost", "--pabotlibport", "--pabotprerunmodifier", "--processtimeout", "--ordering",
    "--suitesfrom", "--artifacts", "--shard", "--pabotconsole", "--processes",
}  # fmt: skip
PABOT_FLAGS = {"--testlevelsplit", "--pabotlib", "--no-pabotlib", "--artifactsinsubfolders", "--chunk", "--no-rebot"}


OURS = {
    "--outputdir": "--results", "-d": "--results", "--output": "--results", "-o": "--results",
    "--log": "--results", "-l": "--results", "--report": "--results", "-r": "--results",
}  # fmt: skip
XUNIT = ("--xunit", "-x")


class AreaCommand(click.Command):
    """A command whose user may take an option of Robot or pabot for one of its own."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; for an option of Robot or pabot before ``--`` the error names its place."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if not _is_passed_on(error.option_name):
                raise
            message = f"{error.option_name} is an option of Robot or pabot: give it after '--'."
            raise click.NoSuchOption(error.option_name, message, ctx=ctx) from None


def _is_passed_on(name: str) -> bool:
    from robot.errors import DataError, Information
    from robot.run import RobotFramework

    if name in PABOT_VALUES | PABOT_FLAGS:
        return True
    try:
        RobotFramework().parse_arguments([name, "value", "suite"])
    except (DataError, Information) as error:
        return "not recognized" not in str(error)
    return True


def split_options(passed_on: tuple[str, ...]) -> tuple[list[str], list[str], Path | None]:
    """What robot gets of the options after ``--``, what pabot gets, and the file for xunit; paths that exist become absolute.

    Raises:
        UsageError: an option is ours to give, is unknown to Robot, or a suite is named.
    """
    robot: list[str] = []
    pabot: list[str] = []
    xunit: Path | None = None
    parts = iter(passed_on)
    for part in parts:
        name, equals, value = part.partition("=")
        if name in PABOT_FLAGS:
            pabot.append(part)
        elif name in PABOT_VALUES:
            pabot += [part] if equals else [part, _absolute(next(parts, ""))]
        elif name in OURS:
            raise UsageError(f"The option {name} does not go to Robot: name the folder of all results by {OURS[name]} DIR.")
        elif name in XUNIT:
            xunit = Path(value if equals else next(parts, "")).resolve()
        else:
            robot.append(_absolute(part))
    _refuse_what_robot_refuses(robot)
    return robot, pabot, xunit


def _refuse_what_robot_refuses(options: list[str]) -> None:
    from robot.errors import DataError, Information
    from robot.run import RobotFramework

    nothing = "nothing"  # Robot needs a suite to read its options
    try:
        suites = RobotFramework().parse_arguments([*options, nothing])[1]
    except (DataError, Information) as error:
        raise UsageError(f"Robot does not take what follows '--': {str(error).splitlines()[0].rstrip('.')}.") from None
    if suites != [nothing]:
        raise UsageError(
            f"'{suites[0]}' is no option: the suites are those of the area. Select some by -- --suite NAME, or by their tags."
        )


def _absolute(part: str) -> str:
    path = Path(part)
    return str(path.resolve()) if not part.startswith("-") and path.exists() and not path.is_absolute() else part
