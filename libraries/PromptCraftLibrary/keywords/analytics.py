"""Keywords for the figures of analytics: each is recomputed from the executions and compared."""

from __future__ import annotations

import secrets
from dataclasses import replace
from enum import StrEnum
from typing import Any

from robot.api import logger
from robotlibcore import keyword

from PromptCraftLibrary.analytics import caching, columns, comparison, figures, requests, shown, store
from PromptCraftLibrary.analytics.counted import counted_by
from PromptCraftLibrary.analytics.requests import Granularity, Insights, TimeRange  # Robot converts arguments by these hints
from theodore_qa.context import context
from theodore_qa.errors import QaError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural, written
from theodore_qa.observing.observations import Verdict
from theodore_qa.systems import conformance, vocabulary


class Part(StrEnum):
    """The parts of an answer of analytics."""

    SUMMARY = "summary"
    TRENDS = "trends"
    AGENT_PERFORMANCE = "agent_performance"
    USERS = "users"
    COSTS = "costs"
    RECOMMENDATIONS = "recommendations"


class PercentileMethod(StrEnum):
    """Definitions of a percentile; inclusive is linear, and exclusive is that of ``statistics.quantiles``."""

    LINEAR = "linear"
    INCLUSIVE = "inclusive"
    EXCLUSIVE = "exclusive"
    NEAREST = "nearest"
    NEAREST_RANK = "nearest_rank"
    LOWER = "lower"
    HIGHER = "higher"


class AnalyticsKeywords:
    """Figures of analytics."""

    @keyword(tags=("analytics", "precondition"))
    def store_executions(self, executions: Any, *, identity: str | None = None) -> int:
        """Writes executions of an identity's tenant into the store of the system, and returns how many.

        They are written by the database, as a test environment is seeded, beside what is there. Their identifiers begin with
        ``qa-``; exactly these are taken out again when the test ends, or the suite if it is called in a suite setup. The
        environment must allow ``destructive`` and name a store. What analytics had cached of the tenant is forgotten.

        Args:
            executions: Executions of `Generate Executions`, a list of dictionaries, or the path of a CSV file.
            identity: An identity of the tenant; by default the first one of the environment.

        Raises:
            NotEvaluatedError: The environment names no store, or does not allow to write.

        Example:

        ```robotframework
        ${executions} =    Generate Executions    200    seed=7
        Store Executions    ${executions}    identity=admin
        ${insights} =    Get Insights    identity=admin
        Figures Should Be Right    ${insights}    summary
        ```
        """
        system = context.system
        system.permit("destructive")
        source, tenant = store.source_of(system), system.identity(identity).tenant
        rows = columns.from_csv(executions) if isinstance(executions, str) else executions
        mark, count = store.write(source, tenant, rows)
        context.at_test_end(f"the executions {mark}* could not be removed", lambda: store.remove(source, mark))
        logger.info(f"{plural(count, 'execution')} of the tenant {tenant} written as {mark}*.")
        answer = requests.invalidate(identity)
        if not answer.ok:
            logger.info(f"What is cached was not forgotten: {answer.status}. Figures may be older than the executions.")
        return count

    @keyword(tags=("analytics", "precondition"))
    def get_insights(
        self,
        *,
        time_range: TimeRange = "30d",
        granularity: Granularity = "day",
        agent: str = "",
        user: str = "",
        identity: str | None = None,
    ) -> Insights:
        """Requests the figures of analytics and returns them for other keywords.

        Args:
            time_range: How far back: 7d, 30d, 90d or 1y; 30d by default.
            granularity: How long a period of the trends is: hour, day, week or month; day by default.
            agent: The agent whose executions alone count; all by default.
            user: The user whose executions alone count; all by default.
            identity: The identity that requests them; by default the first one of the environment.

        Returns:
            The answer. It has ``${insights.data}`` and ``${insights.metadata}``.

        Raises:
            QaError: No figures came.

        Example:

        ```robotframework
        ${executions} =    Generate Executions    200    seed=7
        Store Executions    ${executions}    identity=admin
        ${insights} =    Get Insights    time_range=7d    granularity=hour    identity=admin
        Figures Should Be Right    ${insights}    trends
        ```
        """
        return requests.insights(identity, time_range, granularity, agent, user)

    @keyword(tags=("analytics",))
    def figures_should_be_right(
        self,
        insights: Insights,
        part: Part,
        *,
        executions: Any = None,
        tolerance: float = 1e-6,
        percentile_method: PercentileMethod | None = None,
    ) -> None:
        """Recomputes a part of the figures from the executions and compares it with the answer, figure by figure.

        The executions are those of the identity's tenant in the period that the answer states; that period must be as long as the
        range that was requested and end when the answer was made. Counts must be equal. Other figures may deviate by
        ``tolerance`` of their value; those of agents are rounded to two decimals. A period begins in UTC, a week on Monday.
        The vocabulary's entry ``analytics`` says who is a power user, and when there is a recommendation.

        Args:
            insights: An answer of `Get Insights`.
            part: summary, trends, agent_performance, users, costs or recommendations.
            executions: Where the executions are: rows, the path of a CSV file, or the URL or file of a database with a table
                workflow_executions. By default the store of the system.
            tolerance: The greatest deviation as a share of a figure; 0.000001 by default.
            percentile_method: The definition of a percentile that the answer must state: linear, inclusive, exclusive, nearest,
                nearest_rank, lower or higher; by default that of the vocabulary.

        Raises:
            QaError: A figure is not as recomputed.
            NotEvaluatedError: There are no executions in the period, or NumPy is not installed.

        Example:

        ```robotframework
        ${executions} =    Generate Executions    200    seed=7
        Store Executions    ${executions}    identity=admin
        ${insights} =    Get Insights    identity=admin
        Figures Should Be Right    ${insights}    agent_performance    tolerance=0.0001
        ```
        """
        checks = Checks("Figures", part)
        counted = counted_by(checks, insights, executions)
        if counted is not None:
            rules = figures.Rules.named(vocabulary.of(context.system).get("analytics"))
            rules = replace(rules, percentile_method=percentile_method) if percentile_method else rules
            stated = insights.metadata.get("percentile_method")
            checks.equal("analytics.percentile_method", str(rules.percentile_method), stated)
            shown.described(checks, insights, columns.EPOCH + int(counted.created.max()) * columns.MICROSECOND)
            granularity = str(insights.metadata.get("granularity"))
            comparison.compare(checks, part, insights.data, counted, rules, tolerance=tolerance, granularity=granularity)
            compared = [check for check in checks.done if check.check.startswith(f"analytics.{comparison.NAMES[part]}.")]
            right = sum(check.verdict is Verdict.PASS for check in compared)
            observed = f"{right} of {len(compared)} figures"
            checks.that("analytics.aggregates", right == len(compared), "each as recomputed", observed, n=len(counted))
        conformance.conform(checks, "analytics.contract", insights.answer)
        checks.conclude()

    @keyword(tags=("analytics",))
    def only_requested_figures_should_be_shown(self, *, identity: str | None = None) -> None:
        """Requests each metric alone, several and none, and checks which parts come, with the figures that all of them have.

        Which parts a metric has says the vocabulary's ``analytics.parts``. Without range, granularity and metrics the answer is
        that of 30 days by day, with all parts.

        Args:
            identity: The identity that requests them; by default the first one of the environment.

        Example:

        ```robotframework
        ${executions} =    Generate Executions    200    seed=7
        Store Executions    ${executions}    identity=admin
        Only Requested Figures Should Be Shown    identity=admin
        ```
        """
        checks = Checks("Requested figures")
        shown.compare(checks, identity, vocabulary.of(context.system).needed("analytics.parts"))
        checks.conclude()

    @keyword(tags=("analytics",))
    def filters_should_be_exact(self, *, identity: str | None = None) -> None:
        """Checks that a filter chooses the agent or user of exactly that name, and none with a name that is like it.

        Executions of names that are longer, shorter, in capitals, or the same but for a character that stands for any in SQL are
        written beside those of the name, and taken out again. A pattern (``%``) names nobody. The environment must allow
        ``destructive``.

        Args:
            identity: The identity that requests the figures; by default the first one of the environment.

        Example:

        ```robotframework
        Filters Should Be Exact    identity=admin
        ```
        """
        name = f"qa_{secrets.token_hex(5)}a"
        trial = caching.Trial(name, identity)
        trial.add(2, user=name)
        for other in (f"{name}1", name[:-1], name.upper(), name.replace("_", "x")):
            caching.Trial(other, identity).add(1, user=other)
        requests.invalidate(identity)
        checks = Checks("Filters", name)
        for parameter in ("agent", "user"):
            found = requests.insights(identity, "7d", "day", **{parameter: name})
            observed = f"{written(found.total)} of {parameter}={name} beside 4 names like it"
            condition = f"{trial.written} executions"
            checks.that(f"analytics.exact_{parameter}_filter", found.total == trial.written, condition, observed)
            pattern = requests.insights(identity, "7d", "day", **{parameter: f"{name[:-1]}%"})
            observed = written(pattern.data.get("error") or f"{pattern.total} executions")
            condition = f"none of {parameter}={name[:-1]}%"
            checks.that(f"analytics.literal_{parameter}_filter", "error" in pattern.data, condition, observed)
        checks.conclude()

    @keyword(tags=("analytics",))
    def analytics_without_data_should_say_so(self, *, identity: str | None = None) -> None:
        """Checks that figures over no executions at all are an error in words, and no zeros.

        Figures of an agent that does not exist are requested, and of a user who does not.

        Args:
            identity: The identity that requests them; by default the first one of the environment.

        Example:

        ```robotframework
        Analytics Without Data Should Say So
        ```
        """
        insights = requests.insights(identity, "30d", "day", agent=f"qa_none_{secrets.token_hex(4)}")
        nobodys = requests.insights(identity, "30d", "day", user=f"qa_none_{secrets.token_hex(4)}")
        checks = Checks("No executions")
        error = insights.data.get("error")
        checks.that("analytics.empty", isinstance(error, str) and bool(error), "an error in words", written(error))
        checks.that("analytics.empty_user", "error" in nobodys.data, "an error in words", written(nobodys.data.get("error")))
        others = sorted(insights.data.keys() - {"error"})
        checks.that("analytics.empty_figures", not others, "no figures beside it", written(others))
        conformance.conform(checks, "analytics.contract", insights.answer)
        checks.conclude()

    @keyword(tags=("analytics",))
    def realtime_figures_should_be_right(self, *, tolerance: float = 1e-6, identity: str | None = None) -> None:
        """Recomputes the figures of the last minutes from the store of the system and compares them with the answer.

        Args:
            tolerance: The greatest deviation as a share of a figure; 0.000001 by default.
            identity: The identity that requests them; by default the first one of the environment.

        Raises:
            NotEvaluatedError: There are no executions in the period that the answer states.

        Example:

        ```robotframework
        ${workflow} =    Execute Workflow    collect
        Follow Workflow    ${workflow}
        Realtime Figures Should Be Right
        ```
        """
        answer = context.system.request("GET", requests.REALTIME, token=context.system.token(identity))
        checks = Checks("Present figures")
        conformance.answered(checks, "analytics.realtime_answered", requests.OK, answer)
        insights = Insights(answer, identity)
        counted = counted_by(checks, insights, None)
        if counted is not None:
            expected = figures.summary(counted, figures.Rules())
            for name in ("avg_response_time_ms", "success_rate"):
                holds = comparison.near(expected[name], insights.data.get(name), tolerance)
                observed = written(insights.data.get(name))
                checks.that(f"analytics.realtime.{name}", holds, f"{expected[name]:.10g}", observed, n=len(counted))
        conformance.conform(checks, "analytics.contract", answer)
        checks.conclude()

    @keyword(tags=("analytics",))
    def get_active_workflows(self, *, identity: str | None = None) -> int:
        """Returns how many workflows of the tenant are running or wait for an approval, by the figures of the present moment.

        Args:
            identity: The identity that requests them; by default the first one of the environment.

        Raises:
            QaError: The figures have no such number.

        Example:

        ```robotframework
        ${before} =    Get Active Workflows    identity=admin
        Active Workflows Should Be Counted    0    beside=${before}    identity=admin
        ```
        """
        answer = context.system.request("GET", requests.REALTIME, token=context.system.token(identity))
        found = Insights(answer, identity).data.get("active_workflows")
        if isinstance(found, bool) or not isinstance(found, int):
            expected = f"expected 200 with data.active_workflows from GET {requests.REALTIME}"
            raise QaError(f"No figures came: {expected}, observed {answer.status} with {answer.excerpt()}.")
        return found

    @keyword(tags=("analytics",))
    def active_workflows_should_be_counted(self, expected: int, *, beside: int = 0, identity: str | None = None) -> None:
        """Checks how many workflows of the tenant are running or wait for an approval, by the figures of the present moment.

        Nothing may wait in the queue, unless workflows of others are open.

        Args:
            expected: The number of workflows that the test has open.
            beside: How many were open before, by `Get Active Workflows`; 0 by default.
            identity: The identity that requests them; by default the first one of the environment.

        Example:

        ```robotframework
        ${before} =    Get Active Workflows
        ${workflow} =    Execute Workflow    review    approval=review
        Follow Workflow    ${workflow}
        Active Workflows Should Be Counted    1    beside=${before}
        ```
        """
        answer = context.system.request("GET", requests.REALTIME, token=context.system.token(identity))
        data = Insights(answer, identity).data
        checks = Checks("Active workflows")
        checks.equal("analytics.active_workflows", expected + beside, data.get("active_workflows"))
        if not beside:
            checks.equal("analytics.queue_length", 0, data.get("queue_length"))
        conformance.conform(checks, "analytics.contract", answer)
        checks.conclude()
