"""``python -m theodore_sandbox.cli``: exit code 0 when it is done, 1 when it failed, 2 when it was called wrongly."""

from __future__ import annotations

import os
import sys

from theodore_sandbox.cli.errors import CommandError, FAILED, MISUSED


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit code; errors are sentences on standard error."""
    import click

    from theodore_sandbox.cli import app, console

    try:
        code = app.root.main(arguments, prog_name="theodore", standalone_mode=False)
        sys.stdout.flush()
    except click.UsageError as error:
        console.error(_sentence(error))
        return MISUSED
    except click.ClickException as error:
        console.error(error.format_message())
        return FAILED
    except CommandError as error:
        console.error(str(error))
        return error.code
    except (click.Abort, KeyboardInterrupt):
        console.error("Interrupted.")
        return FAILED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the rest is for nobody
        return FAILED
    return code if isinstance(code, int) else 0


def _sentence(error: object) -> str:
    """What is wrong, and where the usage is explained."""
    message = error.format_message()  # type: ignore[attr-defined]  # click's
    path = getattr(getattr(error, "ctx", None), "command_path", "theodore")
    return f"{message} See '{path} --help'."


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:  # before the command has begun
        sys.exit(FAILED)
