"""The model of the system itself: plugins and their pages, configuration, status, and what is open to anybody."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from theodore_qa.observing.display import plural, written
from TheodoreLibrary.exploration.model.actions import Action, BAD, CONFLICT, done_or_invalid, INVALID, MISSING, OK, query, within
from TheodoreLibrary.exploration.steps import Request

if TYPE_CHECKING:
    from TheodoreLibrary.exploration.model.actions import Turn
    from TheodoreLibrary.exploration.model.world import World

MOST_LISTED, LISTED = 200, 50
MOST_FOUND, FOUND = 100, 20
PERIOD = 300
LONGEST_PERIOD = 86400
SETTINGS = ("log_level", "rate_limits", "feature_flags", "monitoring_settings")
# Which status a plugin has after an operation, by the one before; what is not here is a conflict.
LIFE = {
    "install": {"available": "installed"},
    "enable": {"installed": "enabled", "disabled": "enabled"},
    "disable": {"enabled": "disabled"},
    "remove": {"installed": "available", "disabled": "available"},
}
FORCED = {
    "install": dict.fromkeys(("available", "installed", "enabled", "disabled"), "installed"),
    "remove": dict.fromkeys(("installed", "enabled", "disabled"), "available"),
}


class ListPlugins(Action):
    """A page of the list of plugins."""

    name, area = "list plugins", "plugins"

    def request(self, turn: Turn) -> Request:
        return Request("GET", query("/plugins", **turn.values))

    def statuses(self, turn: Turn) -> tuple[int, ...]:
        values = turn.values
        if not within(values["limit"], 1, MOST_LISTED) or not within(values["offset"], 0, float("inf")):
            return (INVALID,)
        return (OK,) if known(turn) else (OK, INVALID)  # the contract lets a filter be any text

    def learn(self, turn: Turn) -> None:
        values = turn.values
        limit = LISTED if values["limit"] is None else values["limit"]
        offset = values["offset"] or 0
        matches = matching(turn.world, values)
        page = matches[offset : offset + limit]
        listed = turn.items("plugins")
        turn.judge.equal("explore.plugins.page", names(page), names(listed))
        turn.judge.equal("explore.plugins.page_content", page, listed)
        turn.equal("explore.plugins.page_total", len(matches), "total")
        turn.equal("explore.plugins.page_has_more", offset + len(page) < len(matches) and bool(page), "has_more")
        turn.equal("explore.plugins.page_limit", limit, "limit")
        turn.equal("explore.plugins.page_offset", offset, "offset")
        if not any(values[name] for name in ("category", "status", "search")):
            for name, known_values in turn.world.facets.items():
                turn.equal(f"explore.plugins.{name}", known_values, name)


class SearchPlugins(ListPlugins):
    """A search for plugins."""

    name = "search plugins"

    def request(self, turn: Turn) -> Request:
        return Request("GET", query("/plugins/search", **turn.values))

    def statuses(self, turn: Turn) -> tuple[int, ...]:
        values = turn.values
        if len(values["query"]) < 2 or not within(values["limit"], 1, MOST_FOUND):  # noqa: PLR2004  # the contract's limit
            return (INVALID,)
        return (OK,) if known(turn) else (OK, INVALID)

    def learn(self, turn: Turn) -> None:
        values = turn.values
        matches = matching(turn.world, {"search": values["query"], "category": values["category"]})
        page = matches[: FOUND if values["limit"] is None else values["limit"]]
        listed = turn.items("results")
        turn.judge.equal("explore.plugins.search", names(page), names(listed))
        turn.judge.equal("explore.plugins.search_content", page, listed)
        turn.equal("explore.plugins.search_total", len(matches), "total_found")
        turn.equal("explore.plugins.search_showing", len(page), "showing")
        turn.equal("explore.plugins.search_query", values["query"], "query")


class PluginStatus(Action):
    """The status of a plugin."""

    name, area = "read a plugin's status", "plugins"

    def request(self, turn: Turn) -> Request:
        return Request("GET", f"/plugins/{turn.values['plugin']}/status")

    def statuses(self, turn: Turn) -> tuple[int, ...]:
        return (OK,) if plugin_of(turn) else (MISSING,)

    def learn(self, turn: Turn) -> None:
        plugin = plugin_of(turn) or {}
        expected = {"plugin_name": plugin.get("name")} | {name: plugin.get(name) for name in ("status", "version", "category")}
        turn.judge.fields("explore.plugins.status", expected, turn.body)


class ChangePlugin(Action):
    """A plugin that is installed, enabled, disabled or removed: for administrators, and only where its status allows it."""

    name, area, admin = "change a plugin", "plugins", True

    def request(self, turn: Turn) -> Request:
        values = turn.values
        path = f"/plugins/{values['plugin']}"
        version = values.get("version")
        if version == "right":
            version = (plugin_of(turn) or {}).get("version", "1.0.0")
        if values["change"] == "remove":
            return Request("DELETE", query(path, force=values.get("force")))
        return Request("POST", query(f"{path}/{values['change']}", version=version, force=values.get("force")))

    def statuses(self, turn: Turn) -> tuple[int, ...]:
        plugin = plugin_of(turn)
        if plugin is None:
            return (MISSING,)
        allowed = _next_status(turn, plugin["status"])
        if turn.values.get("version") == "99.0.0":
            return (MISSING,) if allowed else (MISSING, CONFLICT)
        return (OK,) if allowed else (CONFLICT,)

    def learn(self, turn: Turn) -> None:
        plugin = plugin_of(turn) or {}
        plugin["status"] = _next_status(turn, plugin["status"])
        turn.judge.fields("explore.plugins.change", {"plugin_name": plugin["name"], "status": plugin["status"]}, turn.body)


class PluginCategories(Action):
    """The categories of plugins, which stay as they are."""

    name, area = "read the categories", "plugins"
    operation = ("GET", "/plugins/categories")

    def learn(self, turn: Turn) -> None:
        turn.equal("explore.plugins.category_list", turn.world.categories, "categories")


class ReadConfiguration(Action):
    """The configuration, for administrators."""

    name, area, admin = "read the configuration", "configuration", True
    operation = ("GET", "/config")

    def learn(self, turn: Turn) -> None:
        for name, value in turn.world.config.items():
            turn.judge.equal(f"explore.configuration.{name}", value, setting(turn.body, name))


class ChangeConfiguration(Action):
    """A change of settings: all that are named are changed, or none."""

    name, area, admin = "change the configuration", "configuration", True

    def request(self, turn: Turn) -> Request:
        return Request("POST", "/config", turn.values["changes"])

    def statuses(self, turn: Turn) -> tuple[int, ...]:
        changes = turn.values["changes"]
        types = isinstance(changes.get("log_level", ""), str) and isinstance(changes.get("feature_flags", {}), dict)
        return (OK,) if types and set(changes) <= set(SETTINGS) else (BAD, INVALID)

    def learn(self, turn: Turn) -> None:
        changes = turn.values["changes"]
        turn.world.config |= {name: value for name, value in changes.items() if name in turn.world.config}
        turn.judge.equal("explore.configuration.results", sorted(changes), sorted(turn.body.get("results") or ()))


class Restart(Action):
    """A restart of the components that are named, and no others."""

    name, area, admin = "restart", "configuration", True

    def request(self, turn: Turn) -> Request:
        return Request("POST", "/restart", turn.values["components"])

    def statuses(self, turn: Turn) -> tuple[int, ...]:
        return (BAD, INVALID) if "nothing" in turn.values["components"] else (OK,)

    def learn(self, turn: Turn) -> None:
        turn.judge.equal("explore.configuration.restarted", turn.values["components"], sorted(turn.body.get("results") or ()))


class ReadStatus(Action):
    """The status of the system: it says nothing of other tenants' jobs."""

    name, area = "read the system's status", "tenants"
    operation = ("GET", "/status")

    def learn(self, turn: Turn) -> None:
        foreign = [job for job in turn.world.jobs.values() if turn.caller and not turn.world.sees(turn.caller.identity, job)]
        leaked = [job.id for job in foreign if job.id in turn.answer.text or (job.invented and job.company in turn.answer.text)]
        turn.judge.that(
            "explore.tenants.status", not leaked, f"none of {plural(len(foreign), 'job')} of other tenants", written(leaked)
        )


class Metrics(Action):
    """The metrics of a period."""

    name, area = "read the metrics", "configuration"

    def request(self, turn: Turn) -> Request:
        return Request("GET", query("/metrics", **turn.values))

    def statuses(self, turn: Turn) -> tuple[int, ...]:
        return done_or_invalid(valid=within(turn.values["period_seconds"], 1, LONGEST_PERIOD))

    def learn(self, turn: Turn) -> None:
        turn.equal("explore.metrics.period", turn.values["period_seconds"] or PERIOD, "period_seconds")


class OpenRoute(Action):
    """A route that is open to anybody."""

    name, area, public = "read an open route", "limits", True

    def request(self, turn: Turn) -> Request:
        return Request("GET", turn.values["route"])


def matching(world: World, values: dict[str, Any]) -> list[dict[str, Any]]:
    """The plugins that all filters let through, in their order: search is within name and description, the others are exact."""
    return [
        plugin
        for plugin in world.plugins
        if all(values.get(name) in (None, plugin[name]) for name in ("category", "status"))
        and str(values.get("search") or "").casefold() in f"{plugin['name']} {plugin['description']}".casefold()
    ]


def known(turn: Turn) -> bool:
    """Whether the values of all filters are those of some plugin."""
    return all(
        turn.values.get(name) is None or any(plugin[name] == turn.values[name] for plugin in turn.world.plugins)
        for name in ("category", "status")
    )


def plugin_of(turn: Turn) -> dict[str, Any] | None:
    """The plugin that a step names; None where there is none."""
    return next((plugin for plugin in turn.world.plugins if plugin["name"] == turn.values["plugin"]), None)


def names(plugins: list[Any]) -> list[Any]:
    """The names of plugins, in their order."""
    return [plugin.get("name") for plugin in plugins]


def setting(configuration: dict[str, Any], name: str) -> Any:
    """The value of a setting in the configuration that the system shows."""
    return (configuration.get("api") or {}).get("features") if name == "feature_flags" else configuration.get(name)


def _next_status(turn: Turn, status: str) -> str:
    """The status after a change; empty where it is a conflict."""
    change = turn.values["change"]
    life = FORCED[change] if turn.values.get("force") == "true" else LIFE[change]
    return life.get(status, "")


ACTIONS = (
    ListPlugins(), SearchPlugins(), PluginStatus(), ChangePlugin(), PluginCategories(),
    ReadConfiguration(), ChangeConfiguration(), Restart(), ReadStatus(), Metrics(), OpenRoute(),
)  # fmt: skip
