"""Keywords that undo faults and check their exposure."""

from __future__ import annotations

from robotlibcore import keyword

from theodore_qa.faults import injection
from theodore_qa.faults.agent_client import Fault  # Robot converts arguments by these hints
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural


class UndoKeywords:
    """The proxies before a fault; rollback and exposure after it."""

    @keyword(tags=("fault",))
    def use_fault_proxies(self) -> None:
        """Routes the links of the system through the fault proxies, without any fault.

        The first fault on a link does so by itself. Use this keyword only where connections have to exist before a fault.

        Example:

        ```robotframework
        Use Fault Proxies
        ${research} =    Research Company    Slack
        ${fault} =    Cut Link    vectors
        Fault Should Have Touched    ${fault}
        ```
        """
        injection.proxy_of("api")

    @keyword(tags=("fault",))
    def undo_fault(self, fault: Fault) -> None:
        """Undoes a fault before the test ends, and verifies that the original state is back.

        Args:
            fault: The fault that the injecting keyword returned.

        Raises:
            QaError: the fault could not be undone; the environment is contaminated, and the run ends with exit code 3.

        Example:

        ```robotframework
        ${fault} =    Cut Link    vectors
        Undo Fault    ${fault}
        ${research} =    Research Company    Slack
        Get Research Status    ${research}    ==    completed
        ```
        """
        injection.undo(fault)

    @keyword(tags=("fault",))
    def fault_should_have_touched(self, *faults: Fault, at_least: int = 1, at_most: int | None = None) -> None:
        """Undoes faults and checks that each disturbed something while it was active.

        A fault that disturbed nothing, that somebody took away, or whose lease lapsed, proves nothing: NOT EVALUATED. A killed
        process that nobody started again fails.

        Args:
            faults: Faults that injecting keywords returned.
            at_least: Minimum number of disturbed connections, requests, processes or bytes; 1 by default.
            at_most: Maximum number of requests, to detect a retry storm; any number by default.

        Example:

        ```robotframework
        ${fault} =    Add Latency    openai    100 ms
        Research Company    Slack
        Fault Should Have Touched    ${fault}
        ```
        """
        checks = Checks("Exposure", ", ".join(map(str, faults)))
        for fault in faults:
            injection.undo(fault)
        injection.judge_exposure(checks, faults, at_least)
        for fault in faults if at_most is not None else ():
            requests = int(fault.exposure.get("requests", 0))
            checks.that(
                "chaos.calls_bounded",
                requests <= (at_most or 0),
                f"at most {plural(at_most or 0, 'request')}",
                plural(requests, "request"),
                n=requests,
            )
        checks.conclude()
