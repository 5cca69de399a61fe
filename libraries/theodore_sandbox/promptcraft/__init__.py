"""PromptCraft-Hybrid's enterprise platform: sign-on, sessions, tenants, roles and its audit trail."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from theodore_sandbox.common.settings import Settings


def factory(role: str) -> Callable[[Settings], dict[str, Any]]:
    """What makes the applications of a role: the platform's ``api`` with its ``control``, or what it depends on.

    The dependencies are the identity provider and the journal of calls; the session store is started beside them.
    """
    if role == "api":
        from theodore_sandbox.promptcraft.app import create_apps as create_platform

        return create_platform
    from theodore_sandbox.promptcraft.dependencies import create_apps as create_dependencies

    return create_dependencies
