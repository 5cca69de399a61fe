"""Keywords for the cache of analytics: hit, expiry, invalidation and tenants, each proved by data that changed underneath."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Literal, TYPE_CHECKING

from robotlibcore import keyword

from PromptCraftLibrary.analytics import caching, requests
from PromptCraftLibrary.workflows import runs
from theodore_qa.context import context
from theodore_qa.errors import UsageError
from theodore_qa.observing.checks import Checks
from theodore_qa.systems import vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable

    from PromptCraftLibrary.analytics.caching import Trial
    from PromptCraftLibrary.analytics.requests import Insights

LONGEST = 900  # seconds
GRACE = timedelta(seconds=5)
PATIENCE = 15.0  # seconds for a workflow of one step
TRIES = 5
OLDER = timedelta(days=20)
Outcome = Literal["completed", "failed"]


class AnalyticsCacheKeywords:
    """The cache of analytics."""

    @keyword(tags=("analytics",))
    def figures_should_come_from_cache(self, *, ttl: timedelta | None = None, identity: str | None = None) -> None:
        """Checks that figures are cached: executions that are added underneath change neither them nor their age.

        Executions of an agent of their own are written into the store, as `Store Executions` does, and taken out again. The
        second request must be sent within ``ttl`` of the first; where this machine is too slow for that, it is tried again.

        Args:
            ttl: How long figures are cached; by default what their metadata state as cache_ttl_seconds.
            identity: The identity that requests them; by default the first one of the environment.

        Raises:
            NotEvaluatedError: No second request could be sent in time.

        Example:

        ```robotframework
        Figures Should Come From Cache    identity=admin
        ```
        """
        checks = Checks("Cache hit")
        if found := _in_time(checks, "analytics.cache.hit", identity, ttl, lambda trial: trial.add(2)):
            first, second = found
            checks.equal("analytics.cache.hit", first.total, second.total)
            for name in ("generated_at", "data_freshness"):
                checks.equal(f"analytics.cache.{name}", first.metadata.get(name), second.metadata.get(name))
        checks.conclude()

    @keyword(tags=("analytics",))
    def cached_figures_should_expire(
        self,
        *,
        ttl: timedelta | None = None,
        grace: timedelta = GRACE,
        at_most: timedelta | None = None,
        identity: str | None = None,
    ) -> None:
        """Checks that cached figures expire: executions that are added underneath are counted after ``ttl`` at the latest.

        The figures are requested until they change. This takes as long as figures are cached.

        Args:
            ttl: How long figures are cached; by default what their metadata state as cache_ttl_seconds.
            grace: How much later than that the change may be seen; 5 seconds by default.
            at_most: How long figures may be cached; by default as the vocabulary says (analytics.cache_seconds), or 15 minutes.
            identity: The identity that requests them; by default the first one of the environment.

        Example:

        ```robotframework
        Cached Figures Should Expire    identity=admin
        ```
        """
        longest = at_most or timedelta(seconds=vocabulary.of(context.system).get("analytics.cache_seconds", LONGEST))
        trial = caching.Trial.begin(identity)
        first = trial.insights()
        trial.add(2)
        valid = caching.valid_for(first, ttl)
        checks = Checks("Cache expiry")
        checks.equal("analytics.cache.first", 1, first.total)
        checks.that(
            "analytics.cache.ttl",
            timedelta() < valid <= longest,
            f"above 0 and up to {longest.total_seconds():g} s",
            f"{valid.total_seconds():g} s",
        )
        totals = [first.total]

        def changed() -> bool:
            totals.append(trial.insights().total)
            return bool(totals[-1] != first.total)

        within = min(valid, longest) + grace
        runs.watch(within.total_seconds(), changed)
        condition = f"3 executions within {within.total_seconds():g} s"
        checks.that("analytics.cache.expires", totals[-1] == trial.written, condition, f"{totals[-1]} executions", n=len(totals))
        checks.conclude()

    @keyword(tags=("analytics",))
    def cached_figures_should_be_invalidated(
        self, outcome: Outcome = "completed", *, ttl: timedelta | None = None, identity: str | None = None
    ) -> None:
        """Checks that a workflow that ends is counted at once, as what it ended as, although figures from before were cached.

        A workflow with an agent of its own is executed. The figures must be requested again within ``ttl`` of the first request,
        else they could have expired by themselves; it is tried again then.

        Args:
            outcome: How the workflow has to end, ``completed`` by default; for ``failed`` the orchestrator has to misbehave.
            ttl: How long figures are cached; by default what their metadata state as cache_ttl_seconds.
            identity: The identity that requests them and executes the workflow; by default the first one of the environment.

        Raises:
            NotEvaluatedError: No second request could be sent in time.

        Example:

        ```robotframework
        Cached Figures Should Be Invalidated    identity=admin
        ```
        """
        ended = []

        def run(trial: Trial) -> None:
            workflow = runs.start(("collect",), (), identity, trial.agent)
            ended.append(runs.follow(workflow, PATIENCE, runs.rests).status)

        checks = Checks("Cache invalidation", outcome)
        if found := _in_time(checks, "analytics.cache.invalidated", identity, ttl, run):
            checks.equal("analytics.cache.ended", outcome, ended[-1])
            checks.equal("analytics.cache.invalidated", 2, found[1].total)
            share = 1.0 if outcome == "completed" else 0.5
            checks.equal("analytics.cache.success_rate", share, (found[1].data.get("summary") or {}).get("success_rate"))
        checks.conclude()

    @keyword(tags=("analytics",))
    def cached_figures_should_belong_to_question(self, *, ttl: timedelta | None = None, identity: str | None = None) -> None:
        """Checks that figures are kept for their question alone: with another user, agent, range or granularity others come.

        The questions follow each other while the first answer is kept. The environment must allow ``destructive``.

        Args:
            ttl: How long figures are cached; by default what their metadata state as cache_ttl_seconds.
            identity: The identity that requests them; by default the first one of the environment.

        Raises:
            NotEvaluatedError: The questions could not be sent in time.

        Example:

        ```robotframework
        Cached Figures Should Belong To Question    identity=admin
        ```
        """
        checks = Checks("Cache of questions")
        if not any(_questions(checks, identity, ttl) for _ in range(TRIES)):
            checks.not_evaluated(
                "analytics.cache.question", "questions while the first answer is kept", f"{TRIES} times too late"
            )
        checks.conclude()

    @keyword(tags=("analytics",))
    def cached_figures_should_be_forgotten_on_request(
        self, *, other: str, ttl: timedelta | None = None, identity: str | None = None
    ) -> None:
        """Checks that figures are computed anew once their tenant has them forgotten, and not when another tenant does.

        Args:
            other: An identity of another tenant, which may have figures forgotten.
            ttl: How long figures are cached; by default what their metadata state as cache_ttl_seconds.
            identity: The identity that requests them; by default the first one of the environment.

        Raises:
            NotEvaluatedError: No second request could be sent in time.

        Example:

        ```robotframework
        Cached Figures Should Be Forgotten On Request    other=partner    identity=admin
        ```
        """
        trials = []

        def forget_elsewhere(trial: Trial) -> None:
            trials.append(trial)
            trial.add(1)
            requests.invalidate(other)

        checks = Checks("Forgotten figures")
        if found := _in_time(checks, "analytics.cache.kept", identity, ttl, forget_elsewhere):
            checks.equal("analytics.cache.kept", 1, found[1].total)
            answer = requests.invalidate(identity)
            checks.that("analytics.cache.forget", answer.ok, "a status of success", f"status {answer.status}")
            checks.equal("analytics.cache.forgotten", 2, trials[-1].insights().total)
        checks.conclude()

    @keyword(tags=("analytics",))
    def cached_figures_should_belong_to_tenant(self, *, owner: str, other: str) -> None:
        """Checks that the cache keeps tenants apart: the same question of two tenants gets the figures of each.

        Args:
            owner: An identity of a tenant; it asks first.
            other: An identity of another tenant.

        Example:

        ```robotframework
        Cached Figures Should Belong To Tenant    owner=admin    other=partner
        ```
        """
        own, their = context.system.identity(owner), context.system.identity(other)
        if own.tenant == their.tenant:
            raise UsageError(f"The identities {owner} and {other} are of one tenant ({own.tenant}): name one of another.")
        trial = caching.Trial.begin(owner)
        trial.add(2, identity=other)
        first, foreign = trial.insights(), trial.insights(other)
        checks = Checks("Cache of tenants", trial.agent)
        checks.equal("analytics.cache.first", 1, first.total)
        checks.equal("analytics.cache.tenant", 2, foreign.total)
        checks.conclude()


def _questions(checks: Checks, identity: str | None, ttl: timedelta | None) -> bool:
    """Ask one question and then others that differ in one entry; whether all came while the first answer was kept."""
    trial, other = caching.Trial.begin(identity), f"qa_other_{secrets.token_hex(4)}"
    trial.add(2, user=other)
    trial.add(4, age=OLDER)
    first = trial.answered()
    answers = [(f"{name}={value}", total, trial.answered(**{name: value})) for name, value, total in (
        ("user", other, 2), ("user", caching.USER, 1), ("time_range", "30d", 7), ("agent", f"{trial.agent}_none", None)
    )]  # fmt: skip
    finer = trial.answered(granularity="hour")
    if finer.answer.sent - first.answer.sent >= caching.valid_for(first, ttl):
        return False
    checks.equal("analytics.cache.first", 3, first.total)
    for question, total, answer in answers:
        condition = f"{total} executions for {question}, asked after another question"
        checks.that("analytics.cache.question", answer.total == total, condition, f"{answer.total}")
    checks.equal("analytics.cache.granularity", "hour", finer.metadata.get("granularity"))
    return True


def _in_time(
    checks: Checks, check: str, identity: str | None, ttl: timedelta | None, meanwhile: Callable[[Trial], None]
) -> tuple[Insights, Insights] | None:
    """Figures before and after something, of which the second were requested while the first were valid."""
    for _ in range(TRIES):
        trial = caching.Trial.begin(identity)
        first = trial.insights()
        meanwhile(trial)
        second = trial.insights()
        valid = caching.valid_for(first, ttl)
        if second.answer.sent - first.answer.sent < valid:
            checks.equal("analytics.cache.first", 1, first.total)
            return first, second
    condition = f"a second request within {valid.total_seconds():g} s of the first"
    checks.not_evaluated(check, condition, f"{TRIES} requests that came later")
    return None
