"""Keywords that undo faults and that look at what they touched."""

from __future__ import annotations

from robotlibcore import keyword

from theodore_qa.faults import injection
from theodore_qa.faults.agent_client import Fault  # Robot converts arguments by these hints
from theodore_qa.observing.checks import Checks


class UndoKeywords:
    """What comes before faults and after them."""

    @keyword(tags=("fault",))
    def use_fault_proxies(self) -> None:
        """Has the system reach its dependencies through the fault proxies from now on, without any fault.

        The first fault of a link does that by itself. Needed only where connections have to be there before they are cut.

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
        """Undoes a fault before the test ends, and sees that everything is as it was.

        Args:
            fault: What a keyword that injects one returned.

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
        """Undoes faults and checks that each touched something while it was there; a fault that touched nothing, or that was
        undone by its lease, proves nothing: NOT EVALUATED.

        Args:
            faults: What keywords that inject returned.
            at_least: How many connections, requests, processes or bytes; 1 by default.
            at_most: How many requests, because who fails must not be stormed; any number by default.

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
            made = int(fault.exposure.get("requests", 0))
            checks.that("chaos.calls_bounded", made <= (at_most or 0), f"at most {at_most} requests", f"{made}", n=made)
        checks.conclude()
