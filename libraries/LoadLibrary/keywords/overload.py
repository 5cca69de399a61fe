"""Keywords about what a system does when more is asked of it than it can do: refuse, serve in turn, let nobody wait in vain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from robotlibcore import keyword

from LoadLibrary import overload, verdicts
from LoadLibrary.verdicts import Load  # Robot converts arguments by these hints
from theodore_qa.errors import NotEvaluatedError, UsageError
from theodore_qa.log import log_table
from theodore_qa.observing.display import plural

if TYPE_CHECKING:
    from LoadLibrary.keywords.running import RunningKeywords

TOO_MANY = 429


class OverloadKeywords:
    """Refusals, waiting, limits, and fairness."""

    def __init__(self, running: RunningKeywords) -> None:
        self._running = running

    @keyword(tags=("load",))
    def nobody_should_be_left_waiting(self, *, at_most: str = "0 %", step: str | None = None, load: Load | None = None) -> None:
        """Checks that each request was answered in time, be it by a refusal: a line without end answers nobody.

        A request is left waiting where no whole answer came within the time that its step allows, or where its connection was
        refused or broken. A status such as 429 or 503 is an answer; whether there may be such is for `Error Rate Should Be`.

        Args:
            at_most: The share that may be left waiting.
            step: The name of a step; all requests by default.
            load: A load, as `Run Load Test` returns it; the last one by default.

        Example:

        ```robotframework
        ${version} =    Define Load Step    GET    /version    fields={"api_version": "*"}    timeout=30 s
        Run Load Test    ${version}    rate=20    duration=500 ms    lateness=30 s
        Nobody Should Be Left Waiting
        ```
        """
        load = self._running.judged(load)
        figures, limit = load.result.of(step), verdicts.share(at_most)
        if limit >= 1:
            raise UsageError("All may be left waiting, so that the check could not fail: write less than 100 %.")
        kinds = overload.unanswered(figures)
        left, count = sum(kinds.values()), figures.count
        if not count:
            raise NotEvaluatedError(f"NOT EVALUATED: no request of {figures.name} was sent.")
        named = ", ".join(f"{number} {kind}: {figures.examples[kind]}" for kind, number in kinds.items())
        observed = f"{left} of {count}{f' ({named})' if named else ''}"
        expected = f"at most {limit:.0%} of the requests without an answer" if limit else "every request is answered"
        verdicts.judge(load, "load.waiting", left <= limit * count, expected, observed, count, figures.name)

    @keyword(tags=("load",))
    def limit_should_hold(self, most: int, *, status: int = TOO_MANY, step: str | None = None, load: Load | None = None) -> None:
        """Checks that a rate limit holds when its requests come all at once: so many are answered, all others refused.

        Send more than the limit allows, by users of one identity at the same time. A limiter that looks first and counts later
        lets a burst through.

        Args:
            most: How many requests the limit allows.
            status: The status of a refusal.
            step: The name of a step; all requests by default.
            load: A load, as `Run Load Test` returns it; the last one by default.

        Raises:
            NotEvaluatedError: The load was too small to reach the limit.

        Example:

        ```robotframework
        ${metrics} =    Define Load Step    GET    /metrics?period_seconds=60    fields={"period_seconds": 60}
        Run Load Test    ${metrics}    users=15    iterations=8    identities=limited    lateness=30 s
        Limit Should Hold    100
        ```
        """
        load = self._running.judged(load)
        figures = load.result.of(step)
        if most < 1:
            raise UsageError(f"A limit of {most} requests allows nothing: write how many are answered, from 1.")
        if figures.count <= most:
            raise NotEvaluatedError(
                f"NOT EVALUATED: {plural(figures.count, 'request')} of {figures.name} cannot exceed a limit of {most}: send more."
            )
        answered, refused = figures.ok, figures.statuses[str(status)]
        others = figures.count - answered - refused
        observed = f"{answered} answered, {refused} refused" + (f", {others} failed otherwise" if others else "")
        expected = f"at most {most} of {figures.count} answered, the others refused by {status}"
        holds = answered <= most and not others
        verdicts.judge(load, "load.limit", holds, expected, observed, figures.count, figures.name)

    @keyword(tags=("load",))
    def identities_should_be_served_alike(self, *, at_most: float = 3, load: Load | None = None) -> None:
        """Checks that nobody waits much longer than another who asks for the same: fairness between tenants.

        Run the load with identities of several tenants. Each one's mean response time, and the share of its requests that were
        answered as expected, are compared with those of the others.

        Args:
            at_most: How many times as long as the quickest anybody may wait, and how many times less often be answered.
            load: A load, as `Run Load Test` returns it; the last one by default.

        Raises:
            NotEvaluatedError: The load had one identity, or too few requests of one.

        Example:

        ```robotframework
        ${profile} =    Define Load Step    GET    /auth/profile    fields={"username": "{{username}}"}
        Run Load Test    ${profile}    users=6    iterations=5    identities=analyst,partner    lateness=30 s
        Identities Should Be Served Alike    at_most=5
        ```
        """
        load = self._running.judged(load)
        if at_most < 1:
            raise UsageError(f"Nobody waits {at_most:g} times as long as the quickest: write a number from 1.")
        found = overload.served(load.result.served)
        few = [entry for entry in found if entry.answered + entry.failed < overload.FEWEST]
        if len(found) < 2 or few:  # noqa: PLR2004  # to be compared
            counts = ", ".join(f"{entry.name} {entry.answered + entry.failed}" for entry in found) or "nobody"
            raise NotEvaluatedError(
                f"NOT EVALUATED: fairness needs two identities with at least {overload.FEWEST} requests each, and there were "
                f"{counts}: name them by identities=."
            )
        rows = [(entry.name, entry.answered, entry.failed, verdicts.duration(entry.mean)) for entry in found]
        log_table("How identities were served", ("Identity", "Answered", "Failed", "Mean"), rows)
        observed = ", ".join(f"{entry.name} {verdicts.duration(entry.mean)} ({entry.share:.0%} answered)" for entry in found)
        expected = f"nobody waits {at_most:g} times as long as another"
        verdicts.judge(
            load, "load.fairness", overload.alike(found, at_most), expected, observed, load.result.total.count, load.name
        )
