"""Keywords for the cache of analytics: hit, expiry, invalidation and tenants, each proved by data that changed underneath."""

from __future__ import annotations

from datetime import timedelta

from robotlibcore import keyword

from PromptCraftLibrary.analytics import caching
from PromptCraftLibrary.workflows import runs
from theodore_qa.context import context
from theodore_qa.errors import UsageError
from theodore_qa.observing.checks import Checks

TTL = timedelta(minutes=15)
GRACE = timedelta(seconds=5)
TRIES = 5


class AnalyticsCacheKeywords:
    """The cache of analytics."""

    @keyword(tags=("analytics",))
    def figures_should_come_from_cache(self, *, ttl: timedelta = TTL, identity: str | None = None) -> None:
        """Checks that figures are cached: executions that are added underneath do not change them, nor when they were made.

        Executions of an agent of their own are written into the store, as `Store Executions` does, and taken out again. The second
        request must be sent within ``ttl`` of the first; where this machine is too slow for that, it is tried again.

        Args:
            ttl: How long figures are cached by the system's settings; 15 minutes by default.
            identity: The identity that requests them; by default the first one of the environment.

        Raises:
            NotEvaluatedError: No second request could be sent in time.

        Example:

        ```robotframework
        Figures Should Come From Cache    ttl=3 s    identity=admin
        ```
        """
        checks = Checks("Cache hit")
        for _ in range(TRIES):
            trial = caching.Trial.begin(identity)
            first = trial.insights()
            trial.add(2)
            second = trial.insights()
            if second.answer.sent - first.answer.sent < ttl:
                checks.equal("analytics.cache.first", 1, first.total)
                checks.equal("analytics.cache.hit", first.total, second.total)
                made = first.metadata.get("generated_at")
                checks.equal("analytics.cache.generated_at", made, second.metadata.get("generated_at"))
                break
        else:
            late = f"{TRIES} requests were later than that"
            checks.not_evaluated("analytics.cache.hit", f"a second request within {ttl.total_seconds():g} s", late)
        checks.conclude()

    @keyword(tags=("analytics",))
    def cached_figures_should_expire(
        self, *, ttl: timedelta = TTL, grace: timedelta = GRACE, identity: str | None = None
    ) -> None:
        """Checks that cached figures expire: executions that are added underneath are counted after ``ttl`` at the latest.

        The figures are requested until they change. This takes as long as figures are cached.

        Args:
            ttl: How long figures are cached by the system's settings; 15 minutes by default.
            grace: How much later than that the change may be seen; 5 seconds by default.
            identity: The identity that requests them; by default the first one of the environment.

        Example:

        ```robotframework
        Cached Figures Should Expire    ttl=3 s    identity=admin
        ```
        """
        trial = caching.Trial.begin(identity)
        first = trial.insights()
        trial.add(2)
        totals = [first.total]

        def changed() -> bool:
            totals.append(trial.insights().total)
            return totals[-1] != first.total

        left = ttl + grace - timedelta(seconds=first.answer.duration)
        runs.watch(left.total_seconds(), changed)
        checks = Checks("Cache expiry")
        checks.equal("analytics.cache.first", 1, first.total)
        checks.that(
            "analytics.cache.expires",
            totals[-1] == first.total + 2 if isinstance(first.total, int) else False,
            f"3 executions within {(ttl + grace).total_seconds():g} s",
            f"{totals[-1]} executions",
            n=len(totals),
        )
        checks.conclude()

    @keyword(tags=("analytics",))
    def cached_figures_should_be_invalidated(self, *, ttl: timedelta = TTL, identity: str | None = None) -> None:
        """Checks that a workflow that ends is counted at once, although figures from before it were cached.

        A workflow with an agent of its own is executed. The figures must be requested again within ``ttl`` of the first request,
        else they could have expired by themselves; it is tried again then.

        Args:
            ttl: How long figures are cached by the system's settings; 15 minutes by default.
            identity: The identity that requests them and executes the workflow; by default the first one of the environment.

        Raises:
            NotEvaluatedError: No second request could be sent in time.

        Example:

        ```robotframework
        Cached Figures Should Be Invalidated    ttl=3 s    identity=admin
        ```
        """
        checks = Checks("Cache invalidation")
        for _ in range(TRIES):
            trial = caching.Trial.begin(identity)
            first = trial.insights()
            workflow = runs.start(("collect",), (), identity, trial.agent)
            runs.follow(workflow, 15, runs.rests)
            second = trial.insights()
            if second.answer.sent - first.answer.sent < ttl:
                checks.equal("analytics.cache.first", 1, first.total)
                checks.equal("analytics.cache.invalidated", 2, second.total)
                break
        else:
            late = f"{TRIES} requests were later than that"
            checks.not_evaluated("analytics.cache.invalidated", f"a second request within {ttl.total_seconds():g} s", late)
        checks.conclude()

    @keyword(tags=("analytics",))
    def cached_figures_should_belong_to_tenant(self, *, owner: str, stranger: str) -> None:
        """Checks that the cache keeps tenants apart: the same question of two tenants gets the figures of each.

        Args:
            owner: An identity of a tenant; it asks first.
            stranger: An identity of another tenant.

        Example:

        ```robotframework
        Cached Figures Should Belong To Tenant    owner=admin    stranger=partner
        ```
        """
        own, other = context.system.identity(owner), context.system.identity(stranger)
        if own.tenant == other.tenant:
            raise UsageError(f"The identities {owner} and {stranger} are of one tenant ({own.tenant}): name one of another.")
        trial = caching.Trial.begin(owner)
        trial.add(2, identity=stranger)
        first, foreign = trial.insights(), trial.insights(stranger)
        checks = Checks("Cache of tenants", trial.agent)
        checks.equal("analytics.cache.first", 1, first.total)
        checks.equal("analytics.cache.tenant", 2, foreign.total)
        checks.conclude()
