"""Keywords for recommendations, scored against problems of agents that are known beforehand."""

from __future__ import annotations

from typing import Any

from robotlibcore import keyword

from PromptCraftLibrary.analytics import problems
from PromptCraftLibrary.analytics.requests import Insights  # Robot converts arguments by these hints
from theodore_qa.errors import UsageError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural, written
from theodore_qa.statistics import needed

GATE = 0.95
MOST_SHOWN = 5


class RecommendationKeywords:
    """Recommendations of analytics."""

    @keyword(tags=("analytics",))
    def recommendations_should_find_problems(
        self, insights: Insights, planted: Any, *, executions: Any = None, at_least: float = GATE
    ) -> None:
        """Scores recommendations against planted problems: precision and recall must be proved to reach a gate.

        Precision is the share of recommendations that are for a planted problem, recall the share of planted problems with a
        recommendation. Proved means that the lower bound at 95 % confidence (exact, one-sided) reaches the gate: for 95 % that
        takes at least 59 problems without an error, or 93 with one. A system that has other executions recommends what follows
        from them, too: plant executions of one user, and request the figures of that user.

        Args:
            insights: An answer of `Get Insights`.
            planted: The problems, each a type and an agent, such as ``${executions.planted}``.
            executions: The executions that show the problems. Figures about more or fewer are not evaluated; by default how many
                there are is not looked at.
            at_least: The gate; 0.95 by default.

        Raises:
            QaError: Precision or recall does not reach the gate.
            NotEvaluatedError: There are too few problems to prove it, or the figures are about other executions.

        Example:

        ```robotframework
        ${executions} =    Generate Executions    4025    agents=161    problems=True    user=qa_{unique}    seed=7
        Store Executions    ${executions}    identity=partner
        ${insights} =    Get Insights    user=${executions.user}    identity=partner
        Recommendations Should Find Problems    ${insights}    ${executions.planted}    executions=${executions}
        ```
        """
        if not 0 < at_least < 1:
            raise UsageError(f"at_least is {at_least:g}, expected a share between 0 and 1.")
        scored = problems.score(insights.recommendations, planted)
        checks = Checks("Recommendations", plural(len(scored.planted), "planted problem"))
        if executions is not None and insights.total != len(executions):
            condition = f"recommendations from the {plural(len(executions), 'planted execution')} alone"
            counted = f"figures about {written(insights.total)}: request those of the planted user, or of a tenant without others"
            checks.not_evaluated("analytics.problems.executions", condition, counted)
            checks.conclude()
            return
        for name, share, off in (
            ("recall", scored.recall, scored.missed),
            ("precision", scored.precision, scored.wrong),
        ):
            condition = f"proved to be at least {at_least:.0%}"
            if len(scored.planted) < needed(at_least):
                few = f"{plural(len(scored.planted), 'planted problem')}, at least {needed(at_least)} are needed"
                checks.not_evaluated(f"analytics.problems.{name}", condition, few)
                continue
            examples = written(off[:MOST_SHOWN]) + (f" and {len(off) - MOST_SHOWN} more" if len(off) > MOST_SHOWN else "")
            observed = f"{share}, at least {share.lower_bound:.1%}" + (f"; off: {examples}" if off else "")
            checks.that(f"analytics.problems.{name}", share.lower_bound >= at_least, condition, observed, n=share.tried)
        either = len(scored.found | scored.planted)
        both = len(scored.found & scored.planted)
        counted = f"{both} of {either} problems and recommendations"
        checks.that("analytics.recommendations", both > at_least * either, f"above {at_least:.0%} right", counted, n=either)
        model = insights.metadata.get("model")
        stated = isinstance(model, dict) and bool(model.get("recommendations")) and bool(model.get("trained_on"))
        checks.that("analytics.problems.model", stated, "the model's version and training data", written(model))
        checks.conclude()
