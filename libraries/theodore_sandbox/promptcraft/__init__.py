"""PromptCraft-Hybrid's enterprise platform: sign-on, sessions, tenants, roles and its audit trail."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from theodore_sandbox.common.settings import Settings


def create_apps(settings: Settings) -> dict[str, Any]:
    """The platform's ``api`` and its ``control`` application."""
    from theodore_sandbox.promptcraft.app import create_apps as create

    return create(settings)


def create_dependencies(settings: Settings) -> dict[str, Any]:
    """The identity provider and the journal of calls; the session store is started beside them."""
    from theodore_sandbox.promptcraft.dependencies import create_apps as create

    return create(settings)
