"""API keys that the system creates for an identity."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from theodore_qa.context import context
from theodore_qa.errors import QaError
from theodore_qa.observing.checks import Checks
from theodore_qa.redaction.secrets import secrets
from theodore_qa.systems import conformance
from TheodoreLibrary import jobs

REFUSED, NOTHING_THERE = "refused", "/research/res_unknown"


def made_by_key(key: str, scope: str) -> str:
    """What came of it when a key made another with a scope that it lacks: it is refused, or what the other one may do."""
    answer = context.system.request(
        "POST", "/auth/api-keys", json_body={"name": "quality assurance", "scopes": [scope]}, headers={"X-API-Key": key}
    )
    body = answer.body if isinstance(answer.body, dict) else {}
    made = body.get("key")
    if not answer.ok or not isinstance(made, str):
        known = answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
        return REFUSED if known else f"{answer.status} with {answer.excerpt()}"
    secrets.add(made, "an API key")
    used = context.system.request("GET", NOTHING_THERE, headers={"X-API-Key": made})
    return REFUSED if used.status == HTTPStatus.FORBIDDEN else f"a key for which GET {NOTHING_THERE} answers {used.status}"


def made_with_scope(token: str, scope: str) -> str:
    """A key of the token's owner with a scope that may not exist; empty where it is refused."""
    body = {"name": "quality assurance", "scopes": [scope]}
    answer = context.system.request("POST", "/auth/api-keys", json_body=body, token=token)
    key = answer.body.get("key") if answer.ok and isinstance(answer.body, dict) else None
    if isinstance(key, str):
        secrets.add(key, "an API key")
        return key
    return ""


def make_key(token: str, **more: Any) -> tuple[str, dict[str, Any]]:
    """Create an API key of the token's owner; return it with the body of the answer. No key is an error."""
    answer = context.system.request("POST", "/auth/api-keys", json_body={"name": "quality assurance"} | more, token=token)
    body = answer.body if isinstance(answer.body, dict) else {}
    key = body.get("key")
    if answer.status != jobs.OK or not isinstance(key, str):
        raise QaError(f"No API key was made: expected 200 with a key, observed {answer.status} with {answer.excerpt()}.")
    secrets.add(key, "an API key")
    checks = Checks("API key made")
    conformance.conform(checks, "api.contract", answer)
    checks.conclude()
    return key, body
