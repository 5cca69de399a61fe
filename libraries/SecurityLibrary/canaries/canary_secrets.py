"""Secrets that are given to a system so that they can be looked for where they must not be."""

from __future__ import annotations

import secrets as made_up
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from SecurityLibrary.objects.identifiers import identifier_in
from theodore_qa.errors import NotEvaluatedError
from theodore_qa.redaction.secrets import secrets

if TYPE_CHECKING:
    from SecurityLibrary import target
    from SecurityLibrary.sending.pacing import PacedClient
    from theodore_qa.systems.declared import Canary


@dataclass
class CanarySecrets:
    """The secrets, texts that a store has to hold, and a path that a log has to hold."""

    mark: str
    secrets: dict[str, str] = field(default_factory=dict)
    known: list[str] = field(default_factory=list)


def plant(api: target.Target, client: PacedClient, *, make: bool) -> CanarySecrets:
    """Sign in rightly and wrongly, use the token, and ``make`` a key where the API makes keys."""
    authenticator = api.system.new_authenticator(client, client.elsewhere)
    planted = CanarySecrets(f"/qa-planted-{made_up.token_hex(6)}")
    for identity in api.accounts[:3]:
        token = authenticator.sign_in(identity)
        wrong = f"Wrong-{made_up.token_hex(12)}"
        secrets.add(wrong, "a planted password")
        authenticator.try_sign_in(identity.username, wrong)
        credentials = authenticator.token_headers(identity, token)
        client.send("GET", f"{planted.mark}?access_token={token}", credentials)
        planted.secrets |= {
            f"the password of {identity.name}": identity.password(),
            f"a wrong password of {identity.name}": wrong,
            f"a token of {identity.name}": token,
        }
        planted.known.append(identity.username)
        if make and api.plant:
            _make_key(api, api.plant, client, credentials, planted)
    if not planted.secrets:
        raise NotEvaluatedError("no identity signs in by a request with a name and a password")
    return planted


def _make_key(
    api: target.Target, plant: Canary, client: PacedClient, credentials: dict[str, str], planted: CanarySecrets
) -> None:
    """A key for programs, as the API's description says."""
    import json

    method, path = api.system.located(plant.operation)
    body = json.dumps(plant.body or {}).encode()
    answer = client.send(method, path, {**credentials, "Content-Type": "application/json"}, body)
    made = answer.body if answer.ok and isinstance(answer.body, dict) else {}
    value = made.get(plant.secret or "key")
    if isinstance(value, str):
        secrets.add(value, "a planted key")
        planted.secrets["a key that was just made"] = value
        planted.known.append(str(made.get(plant.known or "id") or identifier_in(made, "id")))
