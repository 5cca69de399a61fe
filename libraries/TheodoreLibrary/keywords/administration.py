"""Keywords for what administrators do: configuration and components; and for the system's metrics."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from robotlibcore import keyword

from theodore_qa.context import context
from theodore_qa.errors import UsageError
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural, written
from theodore_qa.systems import conformance
from theodore_qa.timing import show
from TheodoreLibrary import administration, jobs

if TYPE_CHECKING:
    from theodore_qa.systems.exchange import Exchange

FORBIDDEN, BAD_REQUEST = 403, 400
DEFAULT_PERIOD = 300
FORGOTTEN_WITHIN = 5.0  # seconds
LIMITED = "research"
UNIT_APART = 20  # times that a wait may be exceeded: another unit is a thousand times as much
ADMINISTRATION: tuple[tuple[str, str, Any], ...] = (
    ("GET", "/config", None),
    ("POST", "/config", {"log_level": "INFO"}),
    ("POST", "/restart", ["search"]),
    ("POST", "/plugins/{plugin}/install", None),
    ("POST", "/plugins/{plugin}/enable", None),
    ("POST", "/plugins/{plugin}/disable", None),
    ("DELETE", "/plugins/{plugin}", None),
)


class AdministrationKeywords:
    """Administration and metrics."""

    @keyword(tags=("administration",))
    def administration_should_need_an_administrator(
        self, *, user: str = "analyst", administrator: str = "admin", plugin: str = administration.PLUGIN
    ) -> None:
        """Checks that every administrative operation refuses an ordinary user, and that an administrator is admitted.

        The environment must allow ``destructive``.

        Args:
            user: An identity without administrator rights; analyst by default.
            administrator: An identity with administrator rights; admin by default.
            plugin: A plugin that is available and not installed; crunchbase-source by default. Its status does not change.

        Example:

        ```robotframework
        Administration Should Need An Administrator    user=analyst    administrator=admin
        ```
        """
        context.system.permit("destructive")
        checks = Checks("Administration", user)
        before = administration.plugin_status(plugin, administrator)
        for method, path, body in ADMINISTRATION:
            answer = administration.send(method, path.format(plugin=plugin), user, body)
            checks.that(
                "api.admin_only", answer.status == FORBIDDEN, f"status {FORBIDDEN}", f"status {answer.status} for {method} {path}"
            )
            conformance.conform(checks, "api.contract", answer)
        checks.equal("api.admin_no_effect", before, administration.plugin_status(plugin, administrator))
        allowed = administration.send("GET", "/config", administrator)
        conformance.answered(checks, "api.admin_may", jobs.OK, allowed)
        conformance.conform(checks, "api.contract", allowed)
        checks.conclude()

    @keyword(tags=("administration",))
    def configuration_should_be_changeable(self, *, administrator: str = "admin") -> None:
        """Changes the log level and a feature flag and checks that they are kept, and that unknown keys are refused.

        A change of one key leaves the others as they are, and a request that is refused changes nothing, also where it holds a
        key that may be changed.

        The log level is restored when the test ends. The environment must allow ``destructive``.

        Args:
            administrator: An identity with administrator rights; admin by default.

        Example:

        ```robotframework
        Configuration Should Be Changeable    administrator=admin
        ```
        """
        context.system.permit("destructive")
        checks = Checks("Configuration", administrator)
        before = administration.send("GET", "/config", administrator)
        level = before.object().get("log_level", "INFO")
        context.at_test_end(
            "the log level could not be put back",
            lambda: _expect(administration.send("POST", "/config", administrator, {"log_level": level})),
        )
        changed = administration.send("POST", "/config", administrator, {"log_level": "DEBUG", "feature_flags": {"qa": True}})
        after = administration.send("GET", "/config", administrator)
        partly = administration.send("POST", "/config", administrator, {"feature_flags": {"qa": False}})
        rest = administration.send("GET", "/config", administrator)
        refused = administration.send("POST", "/config", administrator, {"signing_key": "x", "log_level": "ERROR"})
        untouched = administration.send("GET", "/config", administrator)
        conformance.answered(checks, "api.config_changed", jobs.OK, changed)
        conformance.answered(checks, "api.config_changed", jobs.OK, partly)
        results = changed.object().get("results")
        named = isinstance(results, dict) and set(results) == {"log_level", "feature_flags"}
        checks.that("api.config_reported", named, "results for log_level and feature_flags", results)
        checks.equal("api.config_kept", "DEBUG", after.object().get("log_level"))
        checks.equal("api.config_flag", {"qa": True}, (after.object().get("api") or {}).get("features"))
        checks.equal("api.config_flag", {"qa": False}, (rest.object().get("api") or {}).get("features"))
        checks.equal("api.config_rest_kept", "DEBUG", rest.object().get("log_level"))
        checks.equal("api.config_untouched", "DEBUG", untouched.object().get("log_level"))
        _true_configuration(checks, after.object(), administrator)
        checks.that(
            "api.config_refused",
            refused.status in (BAD_REQUEST, 422),
            "status 400 or 422 for an unknown key",
            f"status {refused.status}",
        )
        conformance.conform(checks, "api.contract", before, changed, after, partly, rest, refused, untouched)
        checks.conclude()

    @keyword(tags=("administration",))
    def components_should_be_restartable(self, *components: str, administrator: str = "admin") -> None:
        """Restarts components and checks that the answer names exactly these, and that an unknown component is refused.

        It is also refused beside known ones.

        The environment must allow ``destructive``.

        Args:
            components: The names of components, such as search or ai_providers.
            administrator: An identity with administrator rights; admin by default.

        Example:

        ```robotframework
        Components Should Be Restartable    search    plugins
        ```
        """
        if not components:
            raise UsageError("Name at least one component to restart, such as search.")
        context.system.permit("destructive")
        checks = Checks("Restart", ", ".join(components))
        done = administration.send("POST", "/restart", administrator, list(components))
        refused = administration.send("POST", "/restart", administrator, ["zzz"])
        mixed = administration.send("POST", "/restart", administrator, [*components, "zzz"])
        results = done.object().get("results") or {}
        conformance.answered(checks, "api.restarted", jobs.OK, done)
        checks.that(
            "api.restart_reported",
            set(results) == set(components),
            f"results for {', '.join(components)}",
            f"results for {written(list(results))}",
            n=len(components),
        )
        for answer, what in ((refused, "an unknown component"), (mixed, "an unknown component beside known ones")):
            right = answer.status in (BAD_REQUEST, 422)
            checks.that("api.restart_refused", right, f"status 400 or 422 for {what}", f"status {answer.status}")
        conformance.conform(checks, "api.contract", done, refused, mixed)
        checks.conclude()

    @keyword(tags=("administration",))
    def metrics_should_count_what_happens(self, *, requests: int = 5, identity: str | None = None) -> None:
        """Sends requests that succeed and requests that fail and checks that the metrics count exactly these.

        The metrics are read before and after, so the system should be idle otherwise. They are of the period that is requested.

        Args:
            requests: The number of requests of each kind; 5 by default.
            identity: The identity that sends the requests; by default the first one of the environment.

        Example:

        ```robotframework
        Metrics Should Count What Happens    requests=5
        ```
        """
        checks = Checks("Metrics", plural(requests, "request"))
        good, bad = "GET /api/v2/version", "GET /api/v2/research/{job_id}"
        before = _metrics(checks, identity)
        paths, spent = {good: "/version", bad: "/research/res_unknown"}, dict.fromkeys((good, bad), 0.0)
        for _ in range(requests):
            for name, path in paths.items():
                spent[name] += administration.send("GET", path, identity).duration
        after = _metrics(checks, identity)
        for name in (good, bad):
            grown = after["requests"].get(name, 0) - before["requests"].get(name, 0)
            checks.that(
                "api.metrics_counted", grown == requests, f"{plural(requests, 'more request')} of {name}", f"{grown} more"
            )
            took = after["response_times"].get(name, 0)
            checks.that("api.metrics_times", 0 < took < 10, "a response time above 0", took)  # noqa: PLR2004  # seconds
            longer = _spent(after, name) - _spent(before, name)
            expected = f"response times in seconds, for {name} together about the {show(spent[name])} that was waited for"
            checks.that("api.metrics_seconds", longer <= UNIT_APART * spent[name], expected, show(longer), n=requests)
        failed = {
            moment: metrics["error_rates"].get(bad, 0) * metrics["requests"].get(bad, 0)
            for moment, metrics in (("before", before), ("after", after))
        }
        grown = round(failed["after"] - failed["before"])
        checks.that("api.error_rates", grown == requests, f"{requests} more errors of {bad}", f"{grown} more")
        checks.that(
            "api.no_false_errors",
            after["error_rates"].get(good, 0) == 0,
            f"an error rate of 0 for {good}",
            after["error_rates"].get(good, 0),
        )
        default = administration.send("GET", "/metrics", identity)
        checks.equal("api.metrics_period", DEFAULT_PERIOD, default.object().get("period_seconds"))
        _forgotten(checks, bad, identity)
        checks.conclude()


def _forgotten(checks: Checks, name: str, identity: str | None) -> None:
    """Requests of a second ago are in the metrics of the default period, and not in those of one second."""
    short: list[Exchange] = []

    def gone() -> bool:
        short.append(administration.send("GET", "/metrics?period_seconds=1", identity))
        return not (short[-1].object().get("requests") or {}).get(name, 0)

    jobs.watch(FORGOTTEN_WITHIN, gone)
    checks.equal("api.metrics_period", 1, short[-1].object().get("period_seconds"))
    conformance.conform(checks, "api.contract", short[-1])
    left = (short[-1].object().get("requests") or {}).get(name, 0)
    kept = (administration.send("GET", "/metrics", identity).object().get("requests") or {}).get(name, 0)
    checks.that(
        "api.metrics_of_the_period",
        left == 0 < kept,
        f"0 requests of {name} in the last second, some in {DEFAULT_PERIOD} s",
        f"{left} in the last second, {kept} in {DEFAULT_PERIOD} s",
    )


def _spent(metrics: dict[str, Any], name: str) -> float:
    """All seconds that the requests of an operation took, by their mean and their number."""
    return float(metrics["response_times"].get(name, 0) * metrics["requests"].get(name, 0))


def _expect(answer: Any) -> None:
    answer.object()


def _true_configuration(checks: Checks, configuration: dict[str, Any], administrator: str) -> None:
    """The configuration's limits and providers are those that answers and the status show."""
    status = administration.send("GET", "/status", administrator).object()
    order = (status.get("configuration") or {}).get("ai_provider_order")
    checks.equal("api.config_order", order, (configuration.get("container") or {}).get("ai_provider_order"))
    checks.that(
        "api.config_debug",
        configuration.get("debug_mode") is False,
        "debug_mode false",
        f"debug_mode {written(configuration.get('debug_mode'))}",
    )
    checks.that(
        "api.config_environment",
        bool(configuration.get("environment")),
        "a name of the environment",
        configuration.get("environment"),
    )
    api = configuration.get("api") or {}
    parts = {"cors", "rate_limiting", "security", "features"}
    checks.that(
        "api.config_parts", parts <= set(api), f"the parts {written(parts)}", f"the parts {written(set(api))}", n=len(parts)
    )
    checks.that("api.config_security", bool(api.get("security")), "at least 1 security setting", list(api.get("security") or ()))
    cross_origin = context.system.request(
        "GET", "/version", token=context.system.token(administrator), headers={"Origin": "https://nobody.example"}
    )
    allowed = "https://nobody.example" in ((api.get("cors") or {}).get("allowed_origins") or [])
    granted_origin = cross_origin.headers.get("access-control-allow-origin")
    checks.that(
        "api.config_cors",
        not granted_origin or allowed,
        "no Access-Control-Allow-Origin for an origin that is not configured",
        granted_origin or "none",
    )
    limit = (api.get("rate_limiting") or {}).get(LIMITED) or {}
    headers = administration.send("POST", "/research", administrator, {"company_name": ""}).headers
    seconds = headers.get("x-ratelimit-window")
    checks.that("api.config_limits", str(limit.get("seconds")) == seconds, f"seconds: {seconds} for research", limit)


def _metrics(checks: Checks, identity: str | None) -> dict[str, Any]:
    answer = administration.send("GET", "/metrics", identity)
    conformance.conform(checks, "api.contract", answer)
    body = answer.object()
    metrics = {name: body.get(name) for name in ("requests", "response_times", "error_rates")}
    usable = all(isinstance(metric, dict) for metric in metrics.values())
    checks.that("api.metrics_reported", usable, "mappings requests, response_times and error_rates", f"fields {', '.join(body)}")
    if not usable:
        checks.conclude()
    return metrics
