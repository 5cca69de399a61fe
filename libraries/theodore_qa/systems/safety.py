"""The safety catch: what an environment grants, and what it refuses in production."""

from __future__ import annotations

from typing import TYPE_CHECKING

from theodore_qa.errors import NotGrantedError, unknown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from theodore_qa.systems.settings import EnvironmentSettings

ACTIONS = ("active_scan", "chaos", "destructive")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


def granted(action: str, settings: EnvironmentSettings) -> None:
    """Raise unless the settings grant ``action`` at all; production grants nothing hostile."""
    if action not in ACTIONS:
        raise unknown("action", action, ACTIONS)
    if settings.kind == "production":
        raise NotGrantedError(
            f"The environment {settings.name} is production: only read-only probes are permitted there, not {action}."
        )
    if not getattr(settings.allow, action):
        raise NotGrantedError(
            f"The environment {settings.name} does not allow {action}: "
            f"grant it by 'allow: {{{action}: true}}' in {settings.path.name}."
        )


def refuse_changes(settings: EnvironmentSettings, method: str, path: str, exempt: Iterable[tuple[str, str]] = ()) -> None:
    """Raise for a request that may change something in production.

    Args:
        settings: of the environment.
        method: of the request.
        path: of the request, as it is sent.
        exempt: methods and paths that are allowed all the same: signing in and out.
    """
    if settings.kind != "production" or method.upper() in SAFE_METHODS:
        return
    if (method.upper(), path.partition("?")[0]) in exempt:
        return
    raise NotGrantedError(
        f"The environment {settings.name} is production, where only read-only probes are permitted: {method} {path} was not sent."
    )
