"""Keywords for plugins: their life cycle, and how they are listed and searched."""

from __future__ import annotations

from typing import Any

from robotlibcore import keyword

from theodore_qa.context import context
from theodore_qa.observing.checks import Checks
from theodore_qa.observing.display import plural, written
from theodore_qa.systems import conformance
from TheodoreLibrary import administration, jobs

NOT_FOUND, CONFLICT = 404, 409
SHORTEST_WORD = 3
DEFAULT_LIMIT = 50


LISTS = {"/plugins?search=": "plugins", "/plugins/search?query=": "results"}


class PluginKeywords:
    """Plugins."""

    @keyword(tags=("administration",))
    def plugin_should_go_through_its_life(self, plugin: str = administration.PLUGIN, *, administrator: str = "admin") -> None:
        """Installs, enables, disables and removes a plugin, and checks its status after each step and each refusal.

        The list and the search of plugins must show the same status. The plugin is removed when the test ends. The environment
        must allow ``destructive``.

        Args:
            plugin: A plugin that is available and not installed; crunchbase-source by default.
            administrator: An identity with administrator rights; admin by default.

        Example:

        ```robotframework
        Plugin Should Go Through Its Life    crunchbase-source
        ```
        """
        context.system.permit("destructive")
        checks = Checks("Plugin", plugin)
        context.at_test_end("the plugin could not be removed", lambda: _remove(plugin, administrator))
        checks.equal("api.plugin_at_first", "available", administration.plugin_status(plugin, administrator))
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
            answer = administration.send(method, f"/plugins/{plugin}{step}", administrator)
            conformance.answered(checks, "api.plugin_step", status, answer)
            if answer.status == jobs.OK:
                if "/install" in step:
                    checks.equal("api.plugin_version", _version(plugin, administrator), answer.object().get("version"))
                checks.equal("api.plugin_reported", afterwards, answer.object().get("status"))
                checks.equal("api.plugin_named", plugin, answer.object().get("plugin_name"))
            checks.equal("api.plugin_status", afterwards, administration.plugin_status(plugin, administrator))
            checks.equal("api.plugin_listed", [afterwards] * len(LISTS), _listed_statuses(plugin, administrator))
            conformance.conform(checks, "api.contract", answer)
        checks.conclude()

    @keyword(tags=("administration",))
    def plugins_should_be_listed_in_pages(self, *, page: int = 3, identity: str | None = None) -> None:
        """Reads the list of plugins page by page and checks that the pages hold each plugin once, in order.

        The whole list is read before, for comparison. Searches, categories and statuses are compared with it too.

        Args:
            page: The number of plugins on a page; 3 by default.
            identity: The identity that sends the requests; by default the first one of the environment.

        Example:

        ```robotframework
        Plugins Should Be Listed In Pages    page=3
        ```
        """
        checks = Checks("Plugins", f"pages of {page}")
        whole = _listing(checks, "limit=200", identity)
        names = [plugin["name"] for plugin in whole["plugins"]]
        default = _listing(checks, "", identity)
        checks.that(
            "api.paging_default",
            (default["limit"], default["offset"]) == (DEFAULT_LIMIT, 0),
            f"limit {DEFAULT_LIMIT}, offset 0",
            f"limit {default['limit']}, offset {default['offset']}",
        )
        states, kinds = set(default.get("available_statuses") or []), set(default.get("categories") or [])
        known = {plugin["status"] for plugin in whole["plugins"]} <= states and {
            plugin["category"] for plugin in whole["plugins"]
        } == kinds
        checks.that(
            "api.plugins_known",
            known,
            f"statuses with {written({plugin['status'] for plugin in whole['plugins']})}, and the plugins' categories",
            f"statuses {written(states)}; categories {written(kinds)}",
            n=len(names),
        )
        checks.that(
            "api.paging_whole",
            whole["total"] == len(names) and not whole["has_more"],
            "the whole list on a page of 200",
            f"{len(names)} of {whole['total']} plugins",
            n=len(names),
        )
        checks.that(
            "api.paging_tried",
            len(names) > page,
            f"more than {plural(page, 'plugin')}",
            plural(len(names), "plugin"),
            n=len(names),
        )
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
            "the requested limit and offset, the true total and has_more on each page",
            f"{sum(consistent)} of {len(consistent)} pages",
            n=len(consistent),
        )
        checks.that("api.paging_complete", collected == names, ", ".join(names), ", ".join(collected), n=len(names))
        chosen = [(field, value) for field in ("category", "status") for value in _values(whole["plugins"], field)]
        for name, value in chosen:
            expected = [plugin["name"] for plugin in whole["plugins"] if plugin[name] == value]
            part = _listing(checks, f"{name}={value}", identity)
            found = [plugin["name"] for plugin in part["plugins"]]
            checks.that(f"api.plugins_by_{name}", found == expected, ", ".join(expected), ", ".join(found), n=len(expected))
            first = _listing(checks, f"{name}={value}&limit=1", identity)
            _counted(checks, f"{name} {value}", len(expected), part, first)
        self._search(checks, whole["plugins"], identity)
        checks.conclude()

    @staticmethod
    def _search(checks: Checks, plugins: list[dict[str, Any]], identity: str | None) -> None:
        word = _most_used_word(plugins)
        expected = [plugin["name"] for plugin in plugins if word in _text(plugin)]
        searched = _listing(checks, f"search={word}", identity)
        by_list = [plugin["name"] for plugin in searched["plugins"]]
        _counted(checks, f"search {word}", len(expected), searched, _listing(checks, f"search={word}&limit=1", identity))
        checks.that("api.plugins_by_search", by_list == expected, ", ".join(expected), ", ".join(by_list), n=len(expected))
        answer = administration.send("GET", f"/plugins/search?query={word}&limit=1", identity)
        body = answer.object()
        found = [plugin["name"] for plugin in body.get("results") or []]
        counted = (body.get("total_found"), body.get("showing"), body.get("query"))
        checks.that("api.plugins_search", found == expected[:1], ", ".join(expected[:1]), ", ".join(found), n=len(expected))
        checks.that(
            "api.plugins_search_counted",
            counted == (len(expected), len(found), word),
            f"total_found {len(expected)}, showing {len(found)}, query {word}",
            "total_found {}, showing {}, query {}".format(*counted),
        )
        categories = administration.send("GET", "/plugins/categories", identity)
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
            "api.plugin_category_reported",
            not incomplete,
            "a display name, a description and known examples for each category",
            f"incomplete: {', '.join(incomplete)}" if incomplete else f"{len(named)} of {len(named)} categories",
            n=len(named),
        )
        conformance.conform(checks, "api.contract", answer, categories)


def _most_used_word(plugins: list[dict[str, Any]]) -> str:
    """The word that most plugins have in common, so that a search finds more than one."""
    words = {word for plugin in plugins for word in _text(plugin).split() if word.isalnum() and len(word) >= SHORTEST_WORD}
    return max(sorted(words), key=lambda word: sum(word in _text(plugin) for plugin in plugins))


def _text(plugin: dict[str, Any]) -> str:
    """What a search looks at."""
    return f"{plugin['name']} {plugin['description']}".casefold()


def _values(plugins: list[dict[str, Any]], name: str) -> list[str]:
    """The values of a field, each once, in the order in which they come."""
    return list(dict.fromkeys(str(plugin[name]) for plugin in plugins))


def _counted(checks: Checks, what: str, count: int, whole: dict[str, Any], first: dict[str, Any]) -> None:
    """With a filter too, total and has_more are those of what it leaves, on the whole list and on a page of one."""
    counted = [(page["total"], page["has_more"]) for page in (whole, first)]
    right = [(count, False), (count, count > 1)]
    checks.that("api.paging_filtered", counted == right, f"total and has_more of {what}: {written(right)}", written(counted), n=2)


def _version(plugin: str, identity: str) -> Any:
    return administration.send("GET", f"/plugins/{plugin}/status", identity).object().get("version")


def _listed_statuses(plugin: str, identity: str) -> list[Any]:
    """The status of a plugin by the list and by the search, as they are answered now."""
    answers = [(administration.send("GET", f"{path}{plugin}", identity).object(), name) for path, name in LISTS.items()]
    return [
        next((entry.get("status") for entry in body.get(name) or () if entry.get("name") == plugin), None)
        for body, name in answers
    ]


def _remove(plugin: str, administrator: str) -> None:
    if administration.plugin_status(plugin, administrator) != "available":
        administration.send("DELETE", f"/plugins/{plugin}?force=true", administrator)


def _listing(checks: Checks, query: str, identity: str | None) -> dict[str, Any]:
    answer = administration.send("GET", f"/plugins?{query}", identity)
    conformance.conform(checks, "api.contract", answer)
    conformance.answered(checks, "api.plugins_listed", jobs.OK, answer)
    if answer.status != jobs.OK or not isinstance(answer.object().get("plugins"), list):
        checks.conclude()
    body: dict[str, Any] = answer.object()
    return body
