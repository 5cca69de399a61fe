"""``theodore plugin``: the plugins of the system."""

from __future__ import annotations

from collections import Counter
from typing import Any

import click

from theodore_sandbox.cli import console, options, switches
from theodore_sandbox.cli.client import Api
from theodore_sandbox.cli.errors import CommandError

PAGE = 200
PLUGINS = "plugins"  # the key of the configuration below which the settings of plugins stand


@click.group("plugin")
def command() -> None:
    """List, install and switch plugins."""


@command.command("list")
@click.option("--category", help="Only plugins of this category.")
@click.option("--status", help="Only plugins with this status.")
@options.form()
def listing(category: str | None, status: str | None, form: str) -> None:
    """List the plugins."""
    options.written(_all(category=category, status=status), form, None, "Plugins")


@command.command("search")
@click.argument("query")
@options.form()
def search(query: str, form: str) -> None:
    """Search plugins by name and description."""
    options.written(Api().get("/plugins/search", query=query)["results"], form, None, f"Plugins for {query}")


@command.command("discover")
@options.form()
def discover(form: str) -> None:
    """List the categories, with examples of plugins."""
    options.written(Api().get("/plugins/categories")["categories"], form, None, "Categories")


@command.command("info")
@click.argument("name")
@options.form()
def info(name: str, form: str) -> None:
    """Show one plugin."""
    options.written(Api().get(f"/plugins/{name}/status"), form, None, name)


@command.command("health")
@options.form()
def health(form: str) -> None:
    """Say whether the system is healthy with its plugins; exit code 1 if not."""
    found = Api().get("/health")
    options.written({"status": found.get("status"), "components": found.get("components")}, form, None, "Health")
    if found.get("status") != "healthy":
        raise CommandError(f"The system is {found.get('status')}.")


@command.command("stats")
@options.form()
def stats(form: str) -> None:
    """Count the plugins by status."""
    options.written(dict(Counter(plugin["status"] for plugin in _all())), form, None, "Plugins by status")


@command.command("install")
@click.argument("name")
@click.option("--version", help="This version.")
@click.option("--force", is_flag=True, help="Install it even if it is there.")
def install(name: str, version: str | None, force: bool) -> None:
    """Install a plugin."""
    _confirm(Api().post(f"/plugins/{name}/install", version=version, force="true" if force else None))


@command.command("uninstall")
@click.argument("name")
@click.option("--force", is_flag=True, help="Even if it is enabled.")
def uninstall(name: str, force: bool) -> None:
    """Remove a plugin."""
    _confirm(Api().delete(f"/plugins/{name}", force="true" if force else None))


@command.command("enable")
@click.argument("name")
def enable(name: str) -> None:
    """Enable a plugin."""
    _confirm(Api().post(f"/plugins/{name}/enable"))


@command.command("disable")
@click.argument("name")
def disable(name: str) -> None:
    """Disable a plugin."""
    _confirm(Api().post(f"/plugins/{name}/disable"))


@command.command("configure")
@click.argument("name")
@click.argument("values", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--unset", multiple=True, metavar="KEY", help="Forget this setting; repeatable.")
@options.form()
def configure(name: str, values: tuple[str, ...], unset: tuple[str, ...], form: str) -> None:
    """Change the settings of a plugin, in the system's configuration; without KEY=VALUE they are shown."""
    given = options.pairs(values)
    api = Api()
    api.get(f"/plugins/{name}/status")
    flags: dict[str, Any] = (api.get("/config").get("api") or {}).get("features") or {}
    plugins: dict[str, Any] = flags[PLUGINS] if isinstance(flags.get(PLUGINS), dict) else {}
    kept = dict(plugins.get(name) or {})
    for key in unset:
        if key not in kept:
            raise CommandError(f"The plugin {name} has no setting '{key}': it has {', '.join(sorted(kept)) or 'none'}.")
        del kept[key]
    if given or unset:
        others = {} if switches.on("cli-configure-forgets-others") else plugins
        api.post("/config", {"feature_flags": flags | {PLUGINS: others | {name: kept | given}}})
        console.progress(f"Configured {name}.")
    options.written(kept | given, form, None, name)


@command.command("reload")
@click.argument("name")
def reload(name: str) -> None:
    """Disable a plugin and enable it again."""
    api = Api()
    api.post(f"/plugins/{name}/disable")
    _confirm(api.post(f"/plugins/{name}/enable"))


def _all(**filters: str | None) -> list[dict[str, Any]]:
    """The plugins of all pages."""
    api = Api()
    found: list[dict[str, Any]] = []
    while True:
        page = api.get("/plugins", limit=PAGE, offset=len(found), **filters)
        found += page["plugins"]
        if not page["has_more"] or not page["plugins"]:
            return found


def _confirm(answer: dict[str, Any]) -> None:
    console.data(str(answer["message"]))
