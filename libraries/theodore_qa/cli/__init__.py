"""The ``theodore`` command: runs suites, makes projects, and keeps sandboxes."""

from __future__ import annotations

import signal
import sys
from typing import Any, NoReturn

import click

from theodore_qa.errors import QaError, UnreachableError, UsageError
from theodore_qa.run.judge import INCOMPLETE, WRONG_USAGE
from theodore_qa.run.runner import DuplicateTestsError
from theodore_qa.systems.files import UNWRITABLE


class _Readable(click.Group):
    """A group whose errors are one sentence on standard error, with the exit code that CI relies on."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command and turn our errors into exit codes."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, _stopped)
        try:
            return super().main(*args, **kwargs)
        except UsageError as error:
            _fail(str(error), WRONG_USAGE)
        except (UnreachableError, DuplicateTestsError) as error:
            _fail(str(error), INCOMPLETE)
        except QaError as error:
            _fail(str(error), INCOMPLETE)
        except OSError as error:
            if error.errno not in UNWRITABLE:
                _mistake(error)
            _fail(f"{error.filename or 'A file'} cannot be read or written: {error.strerror}.", WRONG_USAGE)
        except Exception as error:  # noqa: BLE001  # a mistake of ours is no verdict on the system
            _mistake(error)
        return None


class _StoppedError(QaError):
    """The command was asked to stop."""


def _stopped(number: int, _: object) -> NoReturn:
    raise _StoppedError(f"The command was stopped by {signal.Signals(number).name}.")


def _mistake(error: Exception) -> NoReturn:
    _fail(f"The run broke off by a mistake of theodore itself ({type(error).__name__}: {error}); please report it.", INCOMPLETE)


def _fail(message: str, code: int) -> NoReturn:
    click.echo(f"Error: {message}", err=True)
    sys.exit(code)


@click.group(cls=_Readable, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="robotframework-theodore", prog_name="theodore")
def main() -> None:
    """Test an enterprise AI platform end to end; what was not observed is never a pass.

    \b
    Exit codes: 0 all passed; 1 a test or gate failed; 2 wrong usage;
    3 incomplete: something that was asked for has no result.
    """  # noqa: D301  # click's mark for text that keeps its lines


from theodore_qa.cli import (  # noqa: E402  # the commands add themselves to the group
    areas,
    canary,
    chaos,
    check,
    compare,
    coverage,
    evidence,
    init,
    judge,
    report,
    sandbox,
    sensitivity,
    test,
    whole,
)

test.group.add_command(sensitivity.command)
main.add_command(test.group)
main.add_command(init.command)
main.add_command(check.command)
main.add_command(judge.command)
main.add_command(compare.command)
main.add_command(coverage.command)
main.add_command(report.group)
main.add_command(evidence.group)
main.add_command(sandbox.group)
main.add_command(canary.group)
main.add_command(chaos.group)

__all__ = ["areas", "main", "whole"]
