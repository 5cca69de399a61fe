"""Keywords for clusters of users: each user once, alike whatever the order, and as groups that are known beforehand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from robotlibcore import keyword

from PromptCraftLibrary.analytics import clusters
from PromptCraftLibrary.analytics.counted import counted_by
from PromptCraftLibrary.analytics.requests import Insights  # Robot converts arguments by these hints
from theodore_qa.errors import UsageError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural, written

if TYPE_CHECKING:
    from collections.abc import Mapping

LEAST_USERS = 10


class UserClusterKeywords:
    """Clusters of users."""

    @keyword(tags=("analytics",))
    def clusters_should_hold_each_user_once(self, insights: Insights, *, expected: int = 3) -> None:
        """Checks that the clusters' users add up to all users, that each stands in one cluster, and how many clusters there are.

        Args:
            insights: An answer of `Get Insights`.
            expected: The number of clusters; 3 by default.

        Example:

        ```robotframework
        ${executions} =    Generate Executions    400    seed=7
        Store Executions    ${executions}    identity=admin
        ${insights} =    Get Insights    identity=admin
        Clusters Should Hold Each User Once    ${insights}
        ```
        """
        found = insights.clusters
        behaviour, summary = insights.data.get("user_behavior") or {}, insights.data.get("summary") or {}
        users = summary.get("unique_users")
        membership, doubled = clusters.membership(found)
        sizes = clusters.sizes(found)
        checks = Checks("Clusters")
        checks.equal("analytics.clusters.count", expected, len(found))
        checks.equal("analytics.clusters.add_up", users, sum(sizes))
        checks.equal("analytics.clusters.total", users, behaviour.get("total_users"))
        checks.that("analytics.clusters.once", not doubled, "each user in one cluster", written(doubled), n=len(membership))
        checks.equal("analytics.clusters.listed", users, len(membership))
        filled = [size for size in sizes if size > 0]
        checks.that("analytics.clusters.filled", len(filled) == len(found), "no empty cluster", written(sizes), n=len(found))
        checks.conclude()

    @keyword(tags=("analytics",))
    def clusters_should_have_their_figures(self, insights: Insights) -> None:
        """Recomputes the figures of each cluster from the executions of its users: how many they are, their mean use and costs.

        Each cluster has a number and a name of its own; the names are in the order of the use.

        Args:
            insights: An answer of `Get Insights`.

        Raises:
            NotEvaluatedError: There are no executions in the period, or NumPy is not installed.

        Example:

        ```robotframework
        ${executions} =    Generate Executions    400    seed=7
        Store Executions    ${executions}    identity=admin
        ${insights} =    Get Insights    identity=admin
        Clusters Should Have Their Figures    ${insights}
        ```
        """
        checks = Checks("Figures of clusters")
        executions = counted_by(checks, insights)
        if executions is not None:
            clusters.compare(checks, insights.clusters, executions)
        checks.conclude()

    @keyword(tags=("analytics",))
    def clusters_should_match_groups(self, insights: Insights, groups: dict[str, str], *, at_least: float = 0.9) -> None:
        """Checks how far the clusters agree with groups of users that are known: by the adjusted Rand index.

        The index is 1 where both are the same, and 0 where they agree no more than by chance (Hubert and Arabie 1985). Others in
        the figures move the clusters of these users: plant executions of one agent, and request the figures of that agent.

        Args:
            insights: An answer of `Get Insights`.
            groups: The group of each user, such as ``${executions.user_groups}``.
            at_least: The least index; 0.9 by default.

        Raises:
            NotEvaluatedError: Fewer than ten of the users are in the clusters, or others are, too.

        Example:

        ```robotframework
        ${executions} =    Generate Executions    400    agent=qa_{unique}    seed=7
        Store Executions    ${executions}    identity=admin
        ${insights} =    Get Insights    agent=${executions.agent}    identity=admin
        Clusters Should Match Groups    ${insights}    ${executions.user_groups}
        ```
        """
        if not 0 < at_least <= 1:
            raise UsageError(f"at_least is {at_least:g}, expected an index above 0 and up to 1.")
        checks = Checks("Clusters and groups")
        found, _ = clusters.membership(insights.clusters)
        if others := sorted(found.keys() - groups.keys()):
            observed = f"{plural(len(others), 'other user')}, such as {others[0]}: request the figures of the planted agent"
            checks.not_evaluated("analytics.clusters.rand_index", "clusters of the users of the groups alone", observed)
        else:
            _agree(checks, "analytics.clusters.rand_index", found, groups, at_least)
        checks.conclude()

    @keyword(tags=("analytics",))
    def clusters_should_not_depend_on_order(self, insights: Insights, reordered: Insights) -> None:
        """Checks that the same executions in another order give the same clusters, of all users who are in both answers.

        Whether both answers are about the same executions is looked up in the store of the system: each user has as many of
        them in both, at the same costs. Executions of one agent, whose figures alone are requested, have no others beside them.
        Two orders by chance can give equal clusters although they depend on the order: take two that are as far apart as can be.

        Args:
            insights: An answer of `Get Insights`.
            reordered: An answer about the same executions, stored in another order: of another tenant, for example.

        Raises:
            NotEvaluatedError: Fewer than ten users are in both answers, or they are about other executions.

        Example:

        ```robotframework
        ${executions} =    Generate Executions    400    agent=qa_{unique}    seed=7
        ${least_busy_first} =    Evaluate    $executions.by_use()
        ${most_busy_first} =    Evaluate    $executions.by_use().reversed()
        Store Executions    ${least_busy_first}    identity=admin
        Store Executions    ${most_busy_first}    identity=partner
        ${insights} =    Get Insights    agent=${executions.agent}    identity=admin
        ${reordered} =    Get Insights    agent=${executions.agent}    identity=partner
        Clusters Should Not Depend On Order    ${insights}    ${reordered}
        ```
        """
        checks = Checks("Clusters in another order")
        use = [clusters.use(counted) for answer in (insights, reordered) if (counted := counted_by(checks, answer)) is not None]
        if len(use) == 2 and (different := sorted(clusters.different(*use))):  # noqa: PLR2004  # those of both answers
            observed = f"{plural(len(different), 'user')} with other executions in one of them, such as {different[0]}"
            checks.not_evaluated("analytics.clusters.stable", "two answers about the same executions", observed)
        elif len(use) == 2:  # noqa: PLR2004
            first, second = (clusters.membership(answer.clusters)[0] for answer in (insights, reordered))
            _agree(checks, "analytics.clusters.stable", first, second, 1.0)
        checks.conclude()


def _agree(checks: Checks, check: str, found: Mapping[str, object], groups: Mapping[str, object], at_least: float) -> None:
    shared = len(found.keys() & groups.keys())
    if shared < LEAST_USERS or len(set(groups.values())) < 2:  # noqa: PLR2004  # one group agrees with anything
        checks.not_evaluated(
            check, f"at least {LEAST_USERS} users of at least 2 groups in both", f"{plural(shared, 'user')} in both"
        )
        return
    missing = sorted(groups.keys() - found.keys())
    index = clusters.adjusted_rand_index(found, groups)
    observed = f"{index:.3f} over {plural(shared, 'user')}" + (f", {len(missing)} are in no cluster" if missing else "")
    checks.that(check, index >= at_least and not missing, f"an adjusted Rand index of at least {at_least:g}", observed, n=shared)
