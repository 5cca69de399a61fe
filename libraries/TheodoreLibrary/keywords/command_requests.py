"""Keywords that look at the requests of the command line: whether each option has its effect."""

from __future__ import annotations

from typing import Any

from robotlibcore import keyword

from theodore_qa.errors import UsageError
from TheodoreLibrary import command_checks, command_requests
from TheodoreLibrary.command_line import CommandResult  # Robot converts arguments by these hints


class CommandRequestKeywords:
    """What calls of the command line sent."""

    @keyword(tags=("command-line",))
    def command_should_have_sent(self, result: CommandResult, operation: str, **values: Any) -> None:
        """Checks that a call sent a request to an operation, that the system took it, and that it held these values.

        The request is the last one to the operation. Values are looked for in its body and in its query.

        Args:
            result: A call with ``watched=True`` that `Run Theodore Command` returned.
            operation: Method and path, such as POST /discover.
            values: What each field must be, by its place with dots: ``filters.industry``. NONE for a field that is not sent.
                What stands in a query is text.

        Raises:
            UsageError: Nobody watched the requests of the call, or no value is given.
            QaError: There is no such request, the system refused it, or a field is another.

        Example:

        ```robotframework
        ${result} =    Run Theodore Command    discover    Stripe    --limit    3    watched=True
        Command Should Have Sent    ${result}    POST /discover    company_name=Stripe    limit=${3}
        ```
        """
        if result.sent is None:
            raise UsageError(f"The requests of {result} were not watched: call Run Theodore Command with watched=True.")
        if not values:
            raise UsageError(f"Nothing is expected of {operation}: name fields, such as limit=${{3}}.")
        checks = command_checks.about("Request", result)
        command_requests.held(checks, result.sent, operation, result.system.located(operation), values)
        checks.conclude()
