"""The defects of PromptCraft's analytics: wrong figures, groups that lose users, a cache that serves what it must not."""

from __future__ import annotations

from theodore_sandbox.defects.defect import Defect

SUITE = "analytics"
CACHE = "analytics_cache"

ANALYTICS = (
    Defect(
        "other-percentile-method",
        "Percentiles are computed by the exclusive method, and the answer says linear.",
        "analytics.summary.p95_response_time_ms",
        SUITE,
        ("analytics",),
    ),
    Defect(
        "failed-executions-not-counted",
        "Executions that failed are left out of all figures.",
        "analytics.summary.total_queries",
        SUITE,
        ("analytics",),
    ),
    Defect(
        "mean-of-means",
        "The mean response time is the mean of the agents' means.",
        "analytics.summary.avg_response_time_ms",
        SUITE,
        ("analytics",),
    ),
    Defect(
        "trends-in-local-time",
        "The periods of trends begin by a clock five hours ahead of UTC.",
        "analytics.trends.rows",
        SUITE,
        ("analytics",),
    ),
    Defect(
        "users-counted-per-agent",
        "A user who works with two agents counts twice.",
        "analytics.summary.unique_users",
        SUITE,
        ("analytics",),
    ),
    Defect(
        "costs-rounded-before-sum",
        "The cost of each execution is rounded to cents before it is added.",
        "analytics.summary.total_cost",
        SUITE,
        ("analytics",),
    ),
    Defect(
        "clusters-lose-users",
        "The smallest cluster of users is short of one.",
        "analytics.clusters.add_up",
        SUITE,
        ("analytics",),
    ),
    Defect(
        "clusters-by-turns",
        "Users are put into clusters by turns.",
        "analytics.clusters.rand_index",
        SUITE,
        ("analytics",),
    ),
    Defect(
        "clusters-depend-on-order",
        "Clusters begin with the users whose executions were stored first, and are not refined.",
        "analytics.clusters.stable",
        SUITE,
        ("analytics",),
    ),
    Defect(
        "filters-as-patterns",
        "The name in a filter is a pattern of SQL.",
        "analytics.exact_agent_filter",
        SUITE,
        ("analytics",),
    ),
    Defect(
        "recommendations-reversed",
        "The fastest agents are recommended for optimization instead of the slowest.",
        "analytics.problems.recall",
        SUITE,
        ("analytics",),
    ),
    Defect(
        "recommendations-unsorted",
        "Recommendations come in the order of agents, whatever their priority.",
        "analytics.advice.order",
        SUITE,
        ("analytics",),
    ),
    Defect(
        "analytics-of-all-tenants",
        "The figures are over the executions of all tenants.",
        "analytics.summary.total_queries",
        SUITE,
        ("analytics", "tenant-data"),
    ),
    Defect(
        "analytics-cache-across-tenants",
        "The cache serves the figures of whichever tenant was there first.",
        "analytics.cache.tenant",
        CACHE,
        ("analytics", "tenant-data"),
    ),
    Defect(
        "analytics-cache-never-expires",
        "Cached figures are served for ever.",
        "analytics.cache.expires",
        CACHE,
        ("analytics",),
    ),
    Defect(
        "analytics-cache-not-invalidated",
        "Cached figures stay when a workflow has ended.",
        "analytics.cache.invalidated",
        CACHE,
        ("analytics",),
    ),
    *(
        Defect(name, mistake, check, "dashboard", ("dashboard",))
        for name, mistake, check in (
            ("dashboard-mean-for-median", "The page shows the mean where it says median.", "dashboard.summary"),
            ("dashboard-rounds-to-whole", "The page shows numbers without their decimals.", "dashboard.summary"),
            ("dashboard-rows-limited", "The page shows three periods and three agents.", "dashboard.trends"),
            ("dashboard-error-as-zeros", "The page shows zeros when the figures do not come.", "dashboard.error"),
            ("dashboard-empty-as-zeros", "The page shows zeros when there are no executions.", "dashboard.empty"),
            ("dashboard-query-ignored", "The page shows the same whatever its address says.", "dashboard.stated_time_range"),
            ("dashboard-without-loading", "The page says nothing while figures are on the way.", "dashboard.loading"),
        )
    ),
    *(
        Defect(name, mistake, check, "predictions", ("predictions",))
        for name, mistake, check in (
            ("prediction-constant", "The model says of each execution that it completes.", "predictions.accuracy"),
            ("prediction-of-old-data", "The model calls slow what was slow two years ago.", "predictions.drift"),
            ("prediction-model-outdated", "The model was trained 800 days ago.", "predictions.model_age"),
        )
    ),
)
