"""Keywords that call the system's own command line, and hold exit codes, streams and help to what is expected."""

from __future__ import annotations

from datetime import timedelta  # Robot converts arguments by these hints
from pathlib import Path  # Robot converts arguments by these hints
from typing import Any

from assertionengine import AssertionOperator  # Robot converts arguments by these hints
from robotlibcore import keyword

from theodore_qa.context import context
from theodore_qa.errors import NotEvaluatedError, QaError
from theodore_qa.log import log_table
from theodore_qa.observing.assertions import asserted
from theodore_qa.observing.checks import Checks
from theodore_qa.systems import pointers
from theodore_qa.timing import show
from TheodoreLibrary import command_checks, command_colours, command_line, command_proof
from TheodoreLibrary.command_line import CallOptions, CommandResult  # Robot converts arguments by these hints


class CommandLineKeywords:
    """Calls of the command line."""

    @keyword(tags=("command-line", "precondition"))
    def run_theodore_command(
        self,
        *arguments: str,
        identity: str | None = None,
        stdin: str | None = None,
        environment: dict[str, str] | None = None,
        timeout: timedelta | None = None,
        folder: Path | None = None,
        interrupt_at: str = "",
        output_closed: bool = False,
        watched: bool = False,
        terminal: bool = False,
    ) -> CommandResult:
        """Runs the system's own command line, ``cli.command`` of the environment file, and returns what came of it.

        Address and identity are given by the environment variables that ``cli.variables`` names, never as arguments. The other
        variables are those of this process, without those that hold a secret. Working directory and home are a new folder, which
        is removed when the test ends.

        The process group is ended at the time limit, and whatever is left of it when the command has ended. Of each stream a
        million bytes are kept. Before the first call in a suite, ``cli.proof`` has to show that the command talks to this
        system.

        Args:
            arguments: The arguments of the command, each by itself.
            identity: The identity that calls; by default the first one of the environment, NOBODY for none.
            stdin: The text on standard input, which with ``terminal`` is typed; nothing by default.
            environment: More environment variables.
            timeout: The longest time that the call may take; ``cli.timeout`` of the environment by default.
            folder: The working directory and home, such as ``${result.folder}`` of an earlier call; a new one by default.
            interrupt_at: Ctrl-C is sent once standard error holds this text.
            output_closed: Whether the reader of standard output has gone before the command writes.
            watched: Whether its requests are seen, for `Command Should Have Sent`. The command is then given an address of this
                machine that passes them on to the system.
            terminal: Whether standard output is a terminal that may have colours, and standard input one where ``stdin`` is
                given: ``TERM`` is ``xterm-256color`` and ``NO_COLOR`` is not set, unless ``environment`` has them.

        Returns:
            The call, for other keywords. It has ``${result.code}``, ``${result.stdout}``, ``${result.stderr}``,
            ``${result.data}`` (standard output as JSON, or None), ``${result.duration}`` in seconds and ``${result.folder}``.

        Raises:
            NotEvaluatedError: There is no such command, it is not seen to talk to the system, or the embedded sandbox lacks an
                extra for the format that was requested.
            QaError: The call does not end within its time.

        Example:

        ```robotframework
        ${result} =    Run Theodore Command    plugin    list    --output    json
        Command Should Succeed    ${result}
        ```
        """
        system = context.system
        proof = command_proof.proofs.of(system)
        if proof.problem and command_line.declared(system).proof:
            raise NotEvaluatedError(proof.problem)
        limit = timeout.total_seconds() if timeout else None
        options = CallOptions(identity, stdin, environment or {}, limit, folder, interrupt_at, output_closed, watched, terminal)
        before = command_proof.mark(system)
        result = command_line.call(system, arguments, options)
        result.mark, result.unproved = before, proof.problem
        log_table(f"Command of {system.name}", ("What", "Value"), command_line.summary(result))
        if result.code is None:
            raise QaError(
                f"The call {result} did not end within {show(result.duration)}: raise its timeout, or have it end by itself."
            )
        command_line.require_formats(result)
        return result

    @keyword(tags=("command-line",))
    def command_should_succeed(self, result: CommandResult) -> None:
        """Checks that a call ended with exit code 0 and wrote data to standard output, without traceback or control sequences.

        Args:
            result: A call that `Run Theodore Command` returned.

        Raises:
            QaError: It ended with another exit code, wrote nothing, or wrote a traceback.

        Example:

        ```robotframework
        ${result} =    Run Theodore Command    research    Slack    --output    json
        Command Should Succeed    ${result}
        ```
        """
        checks = command_checks.about("Command succeeded", result)
        command_checks.succeeded(checks, result)
        checks.conclude()

    @keyword(tags=("command-line",))
    def command_should_fail(self, result: CommandResult, message: str, *, code: int = 1) -> None:
        """Checks that a call failed with an exit code, and said why on standard error and nowhere else.

        Args:
            result: A call that `Run Theodore Command` returned.
            message: A part of the message, in whatever case.
            code: The exit code; 1 by default, 2 for a call that is wrong in itself.

        Raises:
            QaError: The exit code is another one, or the message stands elsewhere.

        Example:

        ```robotframework
        ${result} =    Run Theodore Command    discover
        Command Should Fail    ${result}    COMPANY_NAME    code=2
        ```
        """
        checks = command_checks.about("Command failed", result)
        command_checks.failed(checks, result, code, message)
        checks.conclude()

    @keyword(tags=("command-line",))
    def command_should_end_quietly(self, result: CommandResult) -> None:
        """Checks that a call whose reader had gone ended with exit code 1, or by the signal SIGPIPE, and wrote no traceback.

        Args:
            result: A call with ``output_closed=True`` that `Run Theodore Command` returned.

        Example:

        ```robotframework
        ${result} =    Run Theodore Command    plugin    list    output_closed=True
        Command Should End Quietly    ${result}
        ```
        """
        checks = command_checks.about("Reader gone", result)
        command_checks.reader_gone(checks, result)
        checks.conclude()

    @keyword(tags=("command-line",))
    def command_should_have_no_colours(self, result: CommandResult, unlike: CommandResult) -> None:
        """Checks that a call wrote no control sequences to a terminal, such as colours, on which another call wrote some.

        A terminal is to have none with ``NO_COLOR`` (https://no-color.org), and none if ``TERM`` is ``dumb``. Where the other
        call wrote none either, nothing was observed: NOT EVALUATED.

        Args:
            result: A call with ``terminal=True`` that `Run Theodore Command` returned.
            unlike: The same call without what forbids colours.

        Raises:
            UsageError: One of the calls was made without a terminal.

        Example:

        ```robotframework
        ${coloured} =    Run Theodore Command    plugin    list    terminal=True
        ${plain} =    Run Theodore Command    plugin    list    terminal=True    environment=${{ {"NO_COLOR": "1"} }}
        Command Should Have No Colours    ${plain}    unlike=${coloured}
        ```
        """
        checks = command_checks.about("Colours", result)
        command_colours.forbidden(checks, result, unlike)
        checks.conclude()

    @keyword(tags=("command-line",))
    def command_help_should_name(self, result: CommandResult, *words: str) -> None:
        """Checks that a call ended with exit code 0 and wrote help that names options or commands.

        Args:
            result: A call that `Run Theodore Command` returned.
            words: The options or commands that the help has to name, each as a word of its own. An option with an equal sign
                and a value: the help has to say that this is its default.

        Example:

        ```robotframework
        ${result} =    Run Theodore Command    discover    --help
        Command Help Should Name    ${result}    --limit=10    --similarity-threshold
        ```
        """
        checks = command_checks.about("Help", result)
        command_checks.succeeded(checks, result)
        command_checks.helps(checks, result, words)
        checks.conclude()

    @keyword(tags=("command-line",))
    def command_should_end_within(self, result: CommandResult, limit: timedelta) -> None:
        """Checks how long a call took, from its start to its end.

        Args:
            result: A call that `Run Theodore Command` returned.
            limit: The longest time, such as 3 s.

        Example:

        ```robotframework
        ${result} =    Run Theodore Command    --help
        Command Should End Within    ${result}    3 s
        ```
        """
        checks = command_checks.about("Duration", result)
        longest = limit.total_seconds()
        checks.that("cli.duration", result.duration <= longest, f"at most {show(longest)}", show(result.duration))
        checks.conclude()

    @keyword(tags=("command-line",))
    def get_command_data(
        self,
        result: CommandResult,
        field: str,
        op: AssertionOperator = None,
        expected: Any = None,
        message: str | None = None,
    ) -> Any:
        """Returns a value of the JSON that a call wrote; compared with ``expected`` if an operator is given.

        Args:
            result: A call that `Run Theodore Command` returned.
            field: The value's place, with dots: ``result.industry``, ``results.0.company.name``.
            op: An operator of AssertionEngine, such as ``==``, ``>=`` or ``contains``. Without one nothing is compared.
            expected: The value that the operator compares with.
            message: The message of a failure; by default one that names both values.

        Raises:
            QaError: The call did not write one JSON object.

        Example:

        ```robotframework
        ${result} =    Run Theodore Command    research    Slack    --output    json
        Get Command Data    ${result}    status    ==    completed
        ```
        """
        checks = Checks("JSON", str(result))
        data = result.data
        if data is None:
            command_checks.json_object(checks, result)
        if result.unproved:
            checks = command_checks.about("JSON", result)
        checks.conclude()
        return asserted(f"cli.data.{field}", pointers.found(data, field), op, expected, message, subject=str(result))

    @keyword(tags=("command-line",))
    def get_command_output(
        self,
        result: CommandResult,
        op: AssertionOperator = None,
        expected: Any = None,
        message: str | None = None,
        *,
        errors: bool = False,
    ) -> str:
        """Returns what a call wrote to standard output, without the white space around it; compared if an operator is given.

        Args:
            result: A call that `Run Theodore Command` returned.
            op: An operator of AssertionEngine, such as ``==``, ``contains`` or ``not contains``. Without one nothing is compared.
            expected: The value that the operator compares with.
            message: The message of a failure; by default one that names both values.
            errors: Whether standard error is meant.

        Example:

        ```robotframework
        ${result} =    Run Theodore Command    config    get    discover.limit
        Get Command Output    ${result}    ==    10
        ```
        """
        text = (result.stderr if errors else result.stdout).strip()
        if op is not None:
            checks = command_checks.about("Output", result)
            command_checks.plain(checks, result)
            checks.conclude()
        return str(asserted("cli.messages" if errors else "cli.written", text, op, expected, message, subject=str(result)))
