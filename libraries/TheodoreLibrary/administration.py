"""Requests of administrators."""

from __future__ import annotations

from typing import Any

from theodore_qa.context import context

PLUGIN = "crunchbase-source"  # available, and not installed


def send(method: str, path: str, identity: str | None, body: Any = None) -> Any:
    """Send a request as an identity."""
    return context.system.request(method, path, json_body=body, token=context.system.token(identity))


def plugin_status(plugin: str, identity: str) -> Any:
    """The status of a plugin: available, installed, enabled or disabled."""
    return send("GET", f"/plugins/{plugin}/status", identity).object().get("status")
