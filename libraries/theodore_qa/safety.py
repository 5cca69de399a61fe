"""The safety catch: what an environment grants, to the target that proves to be the one that is meant."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from theodore_qa.errors import QaError, unknown, UsageError

if TYPE_CHECKING:
    from theodore_qa.environment import Environment
    from theodore_qa.http import Http

OK = 200
ACTIONS = ("active_scan", "chaos", "destructive")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
SIGNING_IN = ("/auth/login", "/auth/logout", "/auth/refresh")


def permit(action: str, environment: Environment, http: Http) -> str:
    """Raise unless ``environment`` grants ``action`` and its target proves its identity; to be asked before the first request.

    ``action`` is ``active_scan``, ``chaos`` or ``destructive``. The proof is asked of the target each time: an instance id
    from its version route, which is returned. Nothing hostile is done where the answer is another one, or none.
    """
    granted(action, environment)
    name = environment.path.name
    expected = environment.proof.get("instance_id")
    if not expected:
        raise UsageError(
            f"The environment {environment.name} does not say how its target proves itself: add 'proof: instance_id' to {name}."
        )
    observed = instance_of(environment, http)
    if observed != expected:
        raise QaError(
            f"The target at {environment.url} is not the one that {name} means: expected instance '{expected}', "
            f"observed '{observed or 'none'}'; nothing was done to it."
        )
    return observed


def instance_of(environment: Environment, http: Http) -> str | None:
    """Which instance the target says that it is."""
    answer = http.request("GET", f"{environment.api_prefix}/version")
    return _instance(answer.body) if answer.status == OK else None


def granted(action: str, environment: Environment) -> None:
    """Raise unless ``environment`` grants ``action`` at all; production grants nothing hostile."""
    if action not in ACTIONS:
        raise unknown("action", action, ACTIONS)
    if environment.kind == "production":
        raise UsageError(
            f"The environment {environment.name} is production: only read-only probes are permitted there, not {action}."
        )
    if not getattr(environment.allow, action):
        raise UsageError(
            f"The environment {environment.name} does not allow {action}: "
            f"grant it by 'allow: {{{action}: true}}' in {environment.path.name}."
        )


def refuse_changes(environment: Environment, method: str, path: str) -> None:
    """Raise for a request that may change something in production; signing in and out is allowed."""
    if environment.kind != "production" or method.upper() in SAFE_METHODS or path.endswith(SIGNING_IN):
        return
    raise UsageError(
        f"The environment {environment.name} is production, where only read-only probes are permitted: "
        f"{method} {path} was not sent."
    )


def _instance(version: Any) -> str | None:
    build = version.get("build") if isinstance(version, dict) else None
    found = build.get("instance_id") if isinstance(build, dict) else None
    return found if isinstance(found, str) else None
