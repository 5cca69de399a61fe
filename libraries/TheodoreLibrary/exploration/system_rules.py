"""The model of the system itself: plugins and their pages, configuration, status, and what is open to anybody."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from theodore_qa.observing.display import written
from TheodoreLibrary.exploration.actions import Action, BAD, CONFLICT, INVALID, MISSING, OK, query, within
from TheodoreLibrary.exploration.steps import NOBODY, Request

if TYPE_CHECKING:
    import random

    from TheodoreLibrary.exploration.judging import Judge
    from TheodoreLibrary.exploration.steps import Answer, Step
    from TheodoreLibrary.exploration.world import World

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
    """A page of the list of plugins: its limits, offsets and filters are drawn around what there is."""

    name, area, weight = "list plugins", "plugins", 16

    def values(self, world: World, source: random.Random) -> dict[str, Any]:
        values: dict[str, Any] = dict.fromkeys(("category", "status", "search", "limit", "offset"))
        for name, share in (("category", 0.35), ("status", 0.35), ("search", 0.25)):
            if source.random() < share:
                values[name] = self.some_filter(world, source, name)
        count = len(matching(world, values))
        if source.random() < 0.7:  # noqa: PLR2004  # most
            values["limit"] = world.around(source, count, 1, MOST_LISTED)
        if source.random() < 0.6:  # noqa: PLR2004  # most
            limit = values["limit"] or LISTED
            values["offset"] = source.choice((0, 1, max(0, count - limit), max(0, count - limit - 1), count - 1, count, count + 1, count // 2, -1))
        return values

    @staticmethod
    def some_filter(world: World, source: random.Random, name: str) -> str:
        """A value of a filter: that of some plugin, a part of it, or an unknown one."""
        plugin = source.choice(world.plugins)
        if name == "search":
            text = source.choice((plugin["name"], plugin["description"], source.choice(plugin["description"].split())))
            start = source.randrange(max(1, len(text) - 3))
            word = text[start : start + source.choice((2, 4, 8, 200))].strip() or text
            return str(source.choice((word, word, word.upper(), word.capitalize(), f"{word} qx", "no such plugin", "%", "_x_")))
        value = str(plugin[name])
        return source.choice((value, value, value, value, value[:-1], "unknown"))

    def request(self, world: World, step: Step) -> Request:
        del world
        return Request("GET", query("/plugins", **step.values))

    def statuses(self, world: World, step: Step) -> tuple[int, ...]:
        values = step.values
        if not within(values["limit"], 1, MOST_LISTED) or not within(values["offset"], 0, float("inf")):
            return (INVALID,)
        known = all(values[name] is None or values[name] in {plugin[name] for plugin in world.plugins} for name in ("category", "status"))
        return (OK,) if known else (OK, INVALID)  # the contract lets a filter be any text

    def learn(self, world: World, step: Step, answer: Answer, judge: Judge) -> None:
        values, body = step.values, answer.fields
        limit = LISTED if values["limit"] is None else values["limit"]
        offset = values["offset"] or 0
        matches = matching(world, values)
        page = matches[offset : offset + limit]
        listed = body.get("plugins") if isinstance(body.get("plugins"), list) else []
        judge.equal("explore.plugins.page", [plugin["name"] for plugin in page], [plugin.get("name") for plugin in listed or ()])
        judge.equal("explore.plugins.page_content", page, listed)
        judge.equal("explore.plugins.page_total", len(matches), body.get("total"), "total")
        judge.equal("explore.plugins.page_has_more", offset + len(page) < len(matches) if page else offset < len(matches), body.get("has_more"), "has_more")
        judge.equal("explore.plugins.page_limit", limit, body.get("limit"), "limit")
        judge.equal("explore.plugins.page_offset", offset, body.get("offset"), "offset")
        if not any(values[name] for name in ("category", "status", "search")):
            for name, known in world.facets.items():
                judge.equal(f"explore.plugins.{name}", known, body.get(name))


class SearchPlugins(ListPlugins):
    """A search for plugins."""

    name, weight = "search plugins", 7

    def values(self, world: World, source: random.Random) -> dict[str, Any]:
        category = self.some_filter(world, source, "category") if source.random() < 0.4 else None  # noqa: PLR2004  # some
        typed = source.choice((*(self.some_filter(world, source, "search") for _ in range(5)), "s"))
        count = len(matching(world, {"search": typed, "category": category}))
        limit = world.around(source, count, 1, MOST_FOUND) if source.random() < 0.8 else None  # noqa: PLR2004  # most
        return {"query": typed, "category": category, "limit": limit}

    def request(self, world: World, step: Step) -> Request:
        del world
        return Request("GET", query("/plugins/search", **step.values))

    def statuses(self, world: World, step: Step) -> tuple[int, ...]:
        values = step.values
        if len(values["query"]) < 2 or not within(values["limit"], 1, MOST_FOUND):  # noqa: PLR2004  # the contract's limit
            return (INVALID,)
        known = values["category"] is None or values["category"] in {plugin["category"] for plugin in world.plugins}
        return (OK,) if known else (OK, INVALID)

    def learn(self, world: World, step: Step, answer: Answer, judge: Judge) -> None:
        values, body = step.values, answer.fields
        matches = matching(world, {"search": values["query"], "category": values["category"]})
        found = matches[: FOUND if values["limit"] is None else values["limit"]]
        listed = body.get("results") if isinstance(body.get("results"), list) else []
        judge.equal("explore.plugins.search", [plugin["name"] for plugin in found], [plugin.get("name") for plugin in listed or ()])
        judge.equal("explore.plugins.search_content", found, listed)
        judge.equal("explore.plugins.search_total", len(matches), body.get("total_found"), "total_found")
        judge.equal("explore.plugins.search_showing", len(found), body.get("showing"), "showing")
        judge.equal("explore.plugins.search_query", values["query"], body.get("query"), "query")


class PluginStatus(Action):
    """The status of a plugin."""

    name, area, weight = "read a plugin's status", "plugins", 6

    def values(self, world: World, source: random.Random) -> dict[str, Any]:
        names = [plugin["name"] for plugin in world.plugins]
        return {"plugin": source.choice((source.choice(names), source.choice(names), source.choice(names)[:-1], "no-such-plugin"))}

    def request(self, world: World, step: Step) -> Request:
        del world
        return Request("GET", f"/plugins/{step.values['plugin']}/status")

    def statuses(self, world: World, step: Step) -> tuple[int, ...]:
        return (OK,) if plugin_of(world, step) else (MISSING,)

    def learn(self, world: World, step: Step, answer: Answer, judge: Judge) -> None:
        plugin = plugin_of(world, step) or {}
        expected = {"plugin_name": plugin.get("name")} | {name: plugin.get(name) for name in ("status", "version", "category")}
        judge.fields("explore.plugins.status", expected, answer.fields)


class ChangePlugin(Action):
    """A plugin that is installed, enabled, disabled or removed: for administrators, and only where its status allows it."""

    name, area, weight, admin = "change a plugin", "plugins", 9, True

    def draw(self, world: World, source: random.Random) -> Step | None:
        return super().draw(world, source) if world.destructive else None

    def values(self, world: World, source: random.Random) -> dict[str, Any]:
        change = source.choice(tuple(LIFE))
        spare = [name for name, status in world.first_plugins.items() if status == "available"] or list(world.first_plugins)
        values: dict[str, Any] = {"change": change, "plugin": source.choice((*spare[:2] * 4, "no-such-plugin"))}
        if change in FORCED:
            values["force"] = source.choice((None, None, None, "true", "false"))
        if change == "install":
            values["version"] = source.choice((None, None, None, "right", "99.0.0"))
        return values

    def request(self, world: World, step: Step) -> Request:
        values = step.values
        path = f"/plugins/{values['plugin']}"
        version = (plugin_of(world, step) or {}).get("version", "1.0.0") if values.get("version") == "right" else values.get("version")
        if values["change"] == "remove":
            return Request("DELETE", query(path, force=values.get("force")))
        return Request("POST", query(f"{path}/{values['change']}", version=version, force=values.get("force")))

    def statuses(self, world: World, step: Step) -> tuple[int, ...]:
        plugin = plugin_of(world, step)
        if plugin is None:
            return (MISSING,)
        allowed = _next_status(step, plugin["status"])
        if step.values.get("version") == "99.0.0":
            return (MISSING,) if allowed else (MISSING, CONFLICT)
        return (OK,) if allowed else (CONFLICT,)

    def learn(self, world: World, step: Step, answer: Answer, judge: Judge) -> None:
        plugin = plugin_of(world, step) or {}
        plugin["status"] = _next_status(step, plugin["status"])
        judge.fields("explore.plugins.change", {"plugin_name": plugin["name"], "status": plugin["status"]}, answer.fields)


class PluginCategories(Action):
    """The categories of plugins, which stay as they are."""

    name, area, weight = "read the categories", "plugins", 1

    def request(self, world: World, step: Step) -> Request:
        del world, step
        return Request("GET", "/plugins/categories")

    def learn(self, world: World, step: Step, answer: Answer, judge: Judge) -> None:
        judge.equal("explore.plugins.category_list", world.categories, answer.fields.get("categories"))


class ReadConfiguration(Action):
    """The configuration, for administrators."""

    name, area, weight, admin = "read the configuration", "configuration", 5, True

    def request(self, world: World, step: Step) -> Request:
        del world, step
        return Request("GET", "/config")

    def learn(self, world: World, step: Step, answer: Answer, judge: Judge) -> None:
        for name, value in world.config.items():
            judge.equal(f"explore.configuration.{name}", value, setting(answer.fields, name))


class ChangeConfiguration(Action):
    """A change of settings: all that are named are changed, or none."""

    name, area, weight, admin = "change the configuration", "configuration", 6, True

    def draw(self, world: World, source: random.Random) -> Step | None:
        return super().draw(world, source) if world.destructive else None

    def values(self, world: World, source: random.Random) -> dict[str, Any]:
        del world
        level = source.choice(("DEBUG", "INFO", "WARNING", "ERROR"))
        flag = {"feature_flags": {"explored": source.choice((True, False))}}
        changes = source.choice((
            {"log_level": level}, {"log_level": level}, flag, {"log_level": level} | flag, {"log_level": level, "signing_key": "x"},
            flag | {"unknown": 1}, {"feature_flags": "none"}, {"log_level": 7}, {"log_level": level, "feature_flags": []},
        ))  # fmt: skip
        return {"changes": changes}

    def request(self, world: World, step: Step) -> Request:
        del world
        return Request("POST", "/config", step.values["changes"])

    def statuses(self, world: World, step: Step) -> tuple[int, ...]:
        del world
        changes = step.values["changes"]
        valid = set(changes) <= set(SETTINGS) and isinstance(changes.get("log_level", ""), str) and isinstance(changes.get("feature_flags", {}), dict)
        return (OK,) if valid else (BAD, INVALID)

    def learn(self, world: World, step: Step, answer: Answer, judge: Judge) -> None:
        changes = step.values["changes"]
        world.config |= changes
        results = answer.fields.get("results")
        judge.equal("explore.configuration.results", sorted(changes), sorted(results) if isinstance(results, dict) else results)


class Restart(Action):
    """A restart of components that do not exist, which is refused; others are left alone."""

    name, area, weight, admin = "restart", "configuration", 1, True

    def values(self, world: World, source: random.Random) -> dict[str, Any]:
        named = ["plugins"] if world.destructive else ["nothing"]
        return {"components": source.choice((named, ["nothing"], [*named, "nothing"]))}

    def request(self, world: World, step: Step) -> Request:
        del world
        return Request("POST", "/restart", step.values["components"])

    def statuses(self, world: World, step: Step) -> tuple[int, ...]:
        del world
        return (BAD, INVALID) if "nothing" in step.values["components"] else (OK,)

    def learn(self, world: World, step: Step, answer: Answer, judge: Judge) -> None:
        results = answer.fields.get("results")
        judge.equal("explore.configuration.restarted", step.values["components"], sorted(results) if isinstance(results, dict) else results)


class ReadStatus(Action):
    """The status of the system: it says nothing of other tenants' jobs."""

    name, area, weight = "read the system's status", "tenants", 4

    def request(self, world: World, step: Step) -> Request:
        del world, step
        return Request("GET", "/status")

    def learn(self, world: World, step: Step, answer: Answer, judge: Judge) -> None:
        caller = world.caller(step.caller)
        foreign = [job.id for job in world.jobs.values() if caller and not world.sees(caller.person, job)]
        leaked = [identifier for identifier in foreign if identifier in answer.text]
        judge.that("explore.tenants.status", not leaked, f"none of {len(foreign)} jobs of other tenants", written(leaked))


class Metrics(Action):
    """The metrics of a period."""

    name, area, weight = "read the metrics", "configuration", 3

    def values(self, world: World, source: random.Random) -> dict[str, Any]:
        del world
        return {"period_seconds": source.choice((None, 1, LONGEST_PERIOD, 0, LONGEST_PERIOD + 1, 60, -1))}

    def request(self, world: World, step: Step) -> Request:
        del world
        return Request("GET", query("/metrics", **step.values))

    def statuses(self, world: World, step: Step) -> tuple[int, ...]:
        del world
        return (OK,) if within(step.values["period_seconds"], 1, LONGEST_PERIOD) else (INVALID,)

    def learn(self, world: World, step: Step, answer: Answer, judge: Judge) -> None:
        judge.equal("explore.metrics.period", step.values["period_seconds"] or PERIOD, answer.fields.get("period_seconds"))


class OpenRoute(Action):
    """A route that is open to anybody."""

    name, area, weight, public = "read an open route", "limits", 3, True

    def values(self, world: World, source: random.Random) -> dict[str, Any]:
        del world
        return {"route": source.choice(("/health", "/version"))}

    def caller(self, world: World, source: random.Random, values: dict[str, Any]) -> str:
        del values
        return source.choice((NOBODY, world.some_caller(source)))

    def request(self, world: World, step: Step) -> Request:
        del world
        return Request("GET", step.values["route"])


def matching(world: World, values: dict[str, Any]) -> list[dict[str, Any]]:
    """The plugins that all filters let through, in their order: category and status exactly, search within name and description."""
    return [
        plugin
        for plugin in world.plugins
        if all(values.get(name) in (None, plugin[name]) for name in ("category", "status"))
        and str(values.get("search") or "").casefold() in f"{plugin['name']} {plugin['description']}".casefold()
    ]


def plugin_of(world: World, step: Step) -> dict[str, Any] | None:
    """The plugin that a step names; None where there is none."""
    return next((plugin for plugin in world.plugins if plugin["name"] == step.values["plugin"]), None)


def setting(configuration: dict[str, Any], name: str) -> Any:
    """The value of a setting in the configuration that the system shows."""
    return (configuration.get("api") or {}).get("features") if name == "feature_flags" else configuration.get(name)


def _next_status(step: Step, status: str) -> str:
    """The status after a change; empty where it is a conflict."""
    change = step.values["change"]
    life = FORCED[change] if step.values.get("force") == "true" else LIFE[change]
    return life.get(status, "")


ACTIONS = (
    ListPlugins(), SearchPlugins(), PluginStatus(), ChangePlugin(), PluginCategories(),
    ReadConfiguration(), ChangeConfiguration(), Restart(), ReadStatus(), Metrics(), OpenRoute(),
)  # fmt: skip
