"""Keywords for what administrators do: configuration, components, plugins; and for the system's metrics."""

from __future__ import annotations

from typing import Any

from robotlibcore import keyword

from theodore_qa.context import context
from theodore_qa.errors import UsageError
from theodore_qa.observing.checks import Checks
from theodore_qa.systems import conformance
from TheodoreLibrary import jobs

FORBIDDEN, BAD_REQUEST, NOT_FOUND, CONFLICT = 403, 400, 404, 409
PLUGIN = "crunchbase-source"
USUAL_LIMIT = 50
USUAL_PERIOD = 300
LIMITED = "research"
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
        self, *, user: str = "analyst", administrator: str = "admin", plugin: str = PLUGIN
    ) -> None:
        """Tries every administrative operation as an ordinary user, checks that each is refused, and that an administrator may.

        Args:
            user: An identity that is no administrator.
            administrator: One that is.
            plugin: A plugin that is available and not installed; its status is the same afterwards.

        Example:

        ```robotframework
        Administration Should Need An Administrator    user=analyst    administrator=admin
        ```
        """
        context.system.permit("destructive")
        checks = Checks("Administration", user)
        before = _status(plugin, administrator)
        for method, path, body in ADMINISTRATION:
            answer = _send(method, path.format(plugin=plugin), user, body)
            checks.that("api.admin_only", answer.status == FORBIDDEN, FORBIDDEN, f"{answer.status} for {method} {path}")
            conformance.conform(checks, "api.contract", answer)
        checks.equal("api.admin_no_effect", before, _status(plugin, administrator))
        allowed = _send("GET", "/config", administrator)
        checks.equal("api.admin_may", jobs.OK, allowed.status)
        conformance.conform(checks, "api.contract", allowed)
        checks.conclude()

    @keyword(tags=("administration",))
    def configuration_should_be_changeable(self, *, administrator: str = "admin") -> None:
        """Changes the log level and a feature flag, checks that they are shown, and that other keys are refused.

        The log level is put back when the test ends.

        Args:
            administrator: An identity that is an administrator.

        Example:

        ```robotframework
        Configuration Should Be Changeable    administrator=admin
        ```
        """
        context.system.permit("destructive")
        checks = Checks("Configuration", administrator)
        before = _send("GET", "/config", administrator)
        level = before.object().get("log_level", "INFO")
        context.at_test_end(
            "the log level could not be put back", lambda: _expect(_send("POST", "/config", administrator, {"log_level": level}))
        )
        changed = _send("POST", "/config", administrator, {"log_level": "DEBUG", "feature_flags": {"qa": True}})
        after = _send("GET", "/config", administrator)
        refused = _send("POST", "/config", administrator, {"signing_key": "x"})
        checks.equal("api.config_changed", jobs.OK, changed.status)
        results = changed.object().get("results")
        named = isinstance(results, dict) and set(results) == {"log_level", "feature_flags"}
        checks.that("api.config_told", named, "log_level and feature_flags", results)
        checks.equal("api.config_kept", "DEBUG", after.object().get("log_level"))
        checks.equal("api.config_flag", {"qa": True}, (after.object().get("api") or {}).get("features"))
        _true_configuration(checks, after.object(), administrator)
        checks.that("api.config_refused", refused.status in (BAD_REQUEST, 422), "400 or 422 for another key", refused.status)
        conformance.conform(checks, "api.contract", before, changed, after, refused)
        checks.conclude()

    @keyword(tags=("administration",))
    def components_should_be_restartable(self, *components: str, administrator: str = "admin") -> None:
        """Restarts components and checks that exactly these are told, and that one that there is not is refused.

        Args:
            components: Names such as search or ai_providers.
            administrator: An identity that is an administrator.

        Example:

        ```robotframework
        Components Should Be Restartable    search    plugins
        ```
        """
        if not components:
            raise UsageError("Name at least one component to restart, such as search.")
        context.system.permit("destructive")
        checks = Checks("Restart", ", ".join(components))
        done = _send("POST", "/restart", administrator, list(components))
        refused = _send("POST", "/restart", administrator, ["zzz"])
        results = done.object().get("results") or {}
        checks.equal("api.restarted", jobs.OK, done.status)
        checks.that(
            "api.restart_told", set(results) == set(components), ", ".join(components), ", ".join(results), n=len(components)
        )
        checks.that(
            "api.restart_refused",
            refused.status in (BAD_REQUEST, 422),
            "400 or 422 for a component that there is not",
            refused.status,
        )
        conformance.conform(checks, "api.contract", done, refused)
        checks.conclude()

    @keyword(tags=("administration",))
    def plugin_should_go_through_its_life(self, plugin: str = PLUGIN, *, administrator: str = "admin") -> None:
        """Installs, enables, disables and removes a plugin, and checks its status after each step and what is refused.

        Args:
            plugin: A plugin that is available and not installed.
            administrator: An identity that is an administrator.

        Example:

        ```robotframework
        Plugin Should Go Through Its Life    crunchbase-source
        ```
        """
        context.system.permit("destructive")
        checks = Checks("Plugin", plugin)
        context.at_test_end("the plugin could not be removed", lambda: _remove(plugin, administrator))
        checks.equal("api.plugin_at_first", "available", _status(plugin, administrator))
        steps = (
            ("POST", "/enable", CONFLICT, "available"),
            ("POST", "/install?version=99.0.0", NOT_FOUND, "available"),
            ("POST", "/install", jobs.OK, "installed"),
            ("POST", "/install", CONFLICT, "installed"),
            ("POST", "/enable", jobs.OK, "enabled"),
            ("DELETE", "", CONFLICT, "enabled"),
            ("POST", "/disable", jobs.OK, "disabled"),
            ("DELETE", "", jobs.OK, "available"),
            ("DELETE", "", CONFLICT, "available"),
            ("DELETE", "?force=true", CONFLICT, "available"),
            ("POST", "/install?force=true", jobs.OK, "installed"),
            ("POST", "/install?force=true", jobs.OK, "installed"),
            ("DELETE", "?force=true", jobs.OK, "available"),
            ("POST", f"/install?version={_version(plugin, administrator)}", jobs.OK, "installed"),
            ("POST", "/enable", jobs.OK, "enabled"),
            ("POST", "/enable", CONFLICT, "enabled"),
            ("DELETE", "?force=true", jobs.OK, "available"),
            ("POST", "/disable", CONFLICT, "available"),
            ("POST", "/install", jobs.OK, "installed"),
            ("DELETE", "", jobs.OK, "available"),
            ("POST", "/install", jobs.OK, "installed"),
            ("POST", "/enable", jobs.OK, "enabled"),
            ("POST", "/install?force=true", jobs.OK, "installed"),
            ("POST", "/enable", jobs.OK, "enabled"),
            ("POST", "/disable", jobs.OK, "disabled"),
            ("POST", "/install", CONFLICT, "disabled"),
            ("POST", "/enable", jobs.OK, "enabled"),
            ("POST", "/disable", jobs.OK, "disabled"),
            ("POST", "/install?force=true", jobs.OK, "installed"),
            ("POST", "/enable", jobs.OK, "enabled"),
            ("POST", "/disable", jobs.OK, "disabled"),
            ("DELETE", "?force=true", jobs.OK, "available"),
        )
        for method, step, status, afterwards in steps:
            answer = _send(method, f"/plugins/{plugin}{step}", administrator)
            checks.equal("api.plugin_step", status, answer.status)
            if answer.status == jobs.OK:
                if "/install" in step:
                    checks.equal("api.plugin_version", _version(plugin, administrator), answer.object().get("version"))
                checks.equal("api.plugin_told", afterwards, answer.object().get("status"))
                checks.equal("api.plugin_named", plugin, answer.object().get("plugin_name"))
            checks.equal("api.plugin_status", afterwards, _status(plugin, administrator))
            conformance.conform(checks, "api.contract", answer)
        checks.conclude()

    @keyword(tags=("administration",))
    def plugins_should_be_listed_in_pages(self, *, page: int = 3, identity: str | None = None) -> None:
        """Reads the list of plugins page by page and checks that the pages together are the whole, each once.

        The whole is read at once before; searches, categories and statuses are held against it.

        Args:
            page: How many plugins a page has; 3 by default.
            identity: Who asks; the first identity of the environment by default.

        Example:

        ```robotframework
        Plugins Should Be Listed In Pages    page=3
        ```
        """
        checks = Checks("Plugins", f"pages of {page}")
        whole = _listing(checks, "limit=200", identity)
        names = [plugin["name"] for plugin in whole["plugins"]]
        default = _listing(checks, "", identity)
        checks.equal("api.paging_default", (USUAL_LIMIT, 0), (default["limit"], default["offset"]))
        states, kinds = set(default.get("available_statuses") or []), set(default.get("categories") or [])
        known = {plugin["status"] for plugin in whole["plugins"]} <= states and {
            plugin["category"] for plugin in whole["plugins"]
        } == kinds
        checks.that("api.plugins_known", known, "statuses and categories as the plugins have", f"{states}, {kinds}", n=len(names))
        checks.that(
            "api.paging_whole",
            whole["total"] == len(names) and not whole["has_more"],
            "all at once",
            f"{len(names)} of {whole['total']}",
            n=len(names),
        )
        checks.that("api.paging_tried", len(names) > page, f"more than {page} plugins", f"{len(names)} plugins", n=len(names))
        collected: list[str] = []
        consistent = []
        while len(collected) < len(names):
            part = _listing(checks, f"limit={page}&offset={len(collected)}", identity)
            as_requested = (part["limit"], part["offset"], part["total"]) == (page, len(collected), len(names))
            collected += [plugin["name"] for plugin in part["plugins"]]
            consistent.append(as_requested and part["has_more"] == (len(collected) < len(names)))
            if not part["plugins"]:
                break
        checks.that(
            "api.paging",
            all(consistent),
            "limit, offset, total and has_more as they are",
            f"right on {sum(consistent)} of {len(consistent)} pages",
            n=len(consistent),
        )
        checks.that("api.paging_complete", collected == names, ", ".join(names), ", ".join(collected), n=len(names))
        for name in ("category", "status"):
            value = whole["plugins"][0][name]
            expected = [plugin["name"] for plugin in whole["plugins"] if plugin[name] == value]
            found = [plugin["name"] for plugin in _listing(checks, f"{name}={value}", identity)["plugins"]]
            checks.that(f"api.plugins_by_{name}", found == expected, ", ".join(expected), ", ".join(found), n=len(expected))
        self._search(checks, whole["plugins"], identity)
        checks.conclude()

    @staticmethod
    def _search(checks: Checks, plugins: list[dict[str, Any]], identity: str | None) -> None:
        word = plugins[-1]["name"][:4]
        expected = [plugin["name"] for plugin in plugins if word in f"{plugin['name']} {plugin['description']}".casefold()]
        by_list = [plugin["name"] for plugin in _listing(checks, f"search={word}", identity)["plugins"]]
        checks.that("api.plugins_by_search", by_list == expected, ", ".join(expected), ", ".join(by_list), n=len(expected))
        answer = _send("GET", f"/plugins/search?query={word}&limit=1", identity)
        body = answer.object()
        found = [plugin["name"] for plugin in body.get("results") or []]
        counted = (body.get("total_found"), body.get("showing"), body.get("query"))
        checks.that("api.plugins_search", found == expected[:1], ", ".join(expected[:1]), ", ".join(found), n=len(expected))
        checks.that(
            "api.plugins_search_counted", counted == (len(expected), len(found), word), (len(expected), len(found), word), counted
        )
        categories = _send("GET", "/plugins/categories", identity)
        named = {category["name"] for category in categories.object().get("categories") or []}
        used = {plugin["category"] for plugin in plugins}
        checks.that("api.plugin_categories", used <= named, ", ".join(sorted(used)), ", ".join(sorted(named)), n=len(named))
        known = {plugin["name"] for plugin in plugins}
        incomplete = [
            category["name"]
            for category in categories.object().get("categories") or []
            if not (category.get("display_name") and category.get("description"))
            or not set(category.get("examples") or [""]) <= known
        ]
        checks.that(
            "api.plugin_category_told",
            not incomplete,
            "a name, a description and examples that there are",
            ", ".join(incomplete),
            n=len(named),
        )
        conformance.conform(checks, "api.contract", answer, categories)

    @keyword(tags=("administration",))
    def metrics_should_count_what_happens(self, *, requests: int = 5, identity: str | None = None) -> None:
        """Sends requests that succeed and requests that fail and checks that the metrics count both, no more and no less.

        The system should be otherwise idle: it is compared before and after.

        Args:
            requests: How many of each; 5 by default.
            identity: Who asks; the first identity of the environment by default.

        Example:

        ```robotframework
        Metrics Should Count What Happens    requests=5
        ```
        """
        checks = Checks("Metrics", f"{requests} requests")
        good, bad = "GET /api/v2/version", "GET /api/v2/research/{job_id}"
        before = _metrics(checks, identity)
        for _ in range(requests):
            _send("GET", "/version", identity)
            _send("GET", "/research/res_unknown", identity)
        after = _metrics(checks, identity)
        for name in (good, bad):
            grown = after["requests"].get(name, 0) - before["requests"].get(name, 0)
            checks.that("api.metrics_counted", grown == requests, f"{requests} more of {name}", f"{grown} more")
            took = after["response_times"].get(name, 0)
            checks.that("api.metrics_times", 0 < took < 10, "a time above 0", took)  # noqa: PLR2004  # seconds
        failed = {
            moment: metrics["error_rates"].get(bad, 0) * metrics["requests"].get(bad, 0)
            for moment, metrics in (("before", before), ("after", after))
        }
        grown = round(failed["after"] - failed["before"])
        checks.that("api.error_rates", grown == requests, f"{requests} more errors of {bad}", f"{grown} more")
        checks.that(
            "api.no_false_errors", after["error_rates"].get(good, 0) == 0, f"no errors of {good}", after["error_rates"].get(good)
        )
        default = _send("GET", "/metrics", identity)
        checks.equal("api.metrics_period", USUAL_PERIOD, default.object().get("period_seconds"))
        short = _send("GET", "/metrics?period_seconds=1", identity)
        checks.equal("api.metrics_period", 1, short.object().get("period_seconds"))
        conformance.conform(checks, "api.contract", short)
        checks.conclude()


def _send(method: str, path: str, identity: str | None, body: Any = None) -> Any:
    return context.system.request(method, path, json_body=body, token=context.system.token(identity))


def _expect(answer: Any) -> None:
    answer.object()


def _status(plugin: str, identity: str) -> Any:
    return _send("GET", f"/plugins/{plugin}/status", identity).object().get("status")


def _version(plugin: str, identity: str) -> Any:
    return _send("GET", f"/plugins/{plugin}/status", identity).object().get("version")


def _remove(plugin: str, administrator: str) -> None:
    if _status(plugin, administrator) != "available":
        _send("DELETE", f"/plugins/{plugin}?force=true", administrator)


def _true_configuration(checks: Checks, configuration: dict[str, Any], administrator: str) -> None:
    """The configuration's limits and providers are those that answers and the status show."""
    status = _send("GET", "/status", administrator).object()
    order = (status.get("configuration") or {}).get("ai_provider_order")
    checks.equal("api.config_order", order, (configuration.get("container") or {}).get("ai_provider_order"))
    checks.equal("api.config_debug", False, configuration.get("debug_mode"))
    checks.that(
        "api.config_environment",
        bool(configuration.get("environment")),
        "the environment's name",
        configuration.get("environment"),
    )
    api = configuration.get("api") or {}
    parts = {"cors", "rate_limiting", "security", "features"}
    checks.that("api.config_parts", parts <= set(api), ", ".join(sorted(parts)), ", ".join(sorted(api)), n=len(parts))
    checks.that("api.config_security", bool(api.get("security")), "how callers are known", api.get("security"))
    cross_origin = context.system.request(
        "GET", "/version", token=context.system.token(administrator), headers={"Origin": "https://nobody.example"}
    )
    allowed = "https://nobody.example" in ((api.get("cors") or {}).get("allowed_origins") or [])
    granted_origin = cross_origin.headers.get("access-control-allow-origin")
    checks.that(
        "api.config_cors", not granted_origin or allowed, "no origin allowed that is not configured", granted_origin or "none"
    )
    limit = (api.get("rate_limiting") or {}).get(LIMITED) or {}
    headers = _send("POST", "/research", administrator, {"company_name": ""}).headers
    seconds = headers.get("x-ratelimit-window")
    checks.that("api.config_limits", str(limit.get("seconds")) == seconds, f"the window of {seconds} s for research", limit)


def _listing(checks: Checks, query: str, identity: str | None) -> dict[str, Any]:
    answer = _send("GET", f"/plugins?{query}", identity)
    conformance.conform(checks, "api.contract", answer)
    checks.equal("api.plugins_listed", jobs.OK, answer.status)
    if answer.status != jobs.OK or not isinstance(answer.object().get("plugins"), list):
        checks.conclude()
    body: dict[str, Any] = answer.object()
    return body


def _metrics(checks: Checks, identity: str | None) -> dict[str, Any]:
    answer = _send("GET", "/metrics", identity)
    conformance.conform(checks, "api.contract", answer)
    body = answer.object()
    metrics = {name: body.get(name) for name in ("requests", "response_times", "error_rates")}
    usable = all(isinstance(metric, dict) for metric in metrics.values())
    checks.that("api.metrics_told", usable, "requests, response_times and error_rates", ", ".join(body))
    if not usable:
        checks.conclude()
    return metrics
