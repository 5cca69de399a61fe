"""The system under test as an exploration reaches it."""

from __future__ import annotations

import secrets as random_secrets
from typing import Any, TYPE_CHECKING

import yaml

from theodore_qa.context import context
from theodore_qa.errors import NotGrantedError
from theodore_qa.systems import streams
from theodore_qa.systems.exchange import parsed
from TheodoreLibrary.exploration.model.world import Identity, Key, World
from TheodoreLibrary.exploration.steps import Answer, STREAM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from TheodoreLibrary.exploration.model.world import Caller
    from TheodoreLibrary.exploration.steps import Request, Step

RUN_BYTES = 5  # as many characters as the placeholder has
STREAM_WITHIN = 20.0  # seconds
QUIET = 5  # companies that no public list suggests
PUBLIC_COMPANIES = ("Stripe", "Square")  # similar to each other


class LiveChannel:
    """Sends requests to the system that the running keyword talks to."""

    def __init__(self) -> None:
        self.system = context.system

    def send(self, request: Request, caller: Caller) -> Answer:
        """Send a request with the credentials of a session or key, or with none; a stream's events are its body."""
        key = {"X-API-Key": caller.secret} if isinstance(caller, Key) else {}
        token = caller.access if caller is not None and not isinstance(caller, Key) else None
        if request.method == STREAM:
            return self._stream(request, token, key)
        answer = self.system.request(request.method, request.path, json_body=request.body, token=token, headers=key)
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(answer.status, answer.body, headers, answer.text, answer.wrong)

    def token(self, name: str) -> str:
        """The token of an identity that the environment has signed in."""
        return self.system.token(name)

    def _stream(self, request: Request, token: str | None, key: dict[str, str]) -> Answer:
        if key:  # events are read with tokens alone; a refusal needs no stream
            answer = self.system.request("GET", request.path, headers=key)
            return Answer(answer.status, _events(answer.text), {}, answer.text, ())
        stream = streams.events(self.system, request.path, within=STREAM_WITHIN, token=token)
        events = [(kind, parsed(data)) for kind, data in stream.events]
        violations = () if stream.ended or stream.status != 200 else (f"the stream did not end within {STREAM_WITHIN:g} s",)  # noqa: PLR2004
        return Answer(stream.status, events, {}, str(stream.events), violations)


def new_world(identities: Sequence[str] = ()) -> World:
    """A world with the identities of the environment, and names that no earlier run has used."""
    system = context.system
    world = World(run=random_secrets.token_hex(3)[:RUN_BYTES], alone=system.embedded)
    world.destructive = _granted()
    for name in identities or _representative():
        declared = system.identity(name)
        strict = declared.limits == "production"
        world.identities[name] = Identity(name, declared.username, declared.password(), declared.role, declared.tenant, strict)
    entries = [entry for entry in _companies() if entry.get("exists", True)]
    names = [str(entry["name"]) for entry in entries]
    quiet = [str(entry["name"]) for entry in entries if "startup" in entry.get("categories", ())]
    world.companies = [name for name in PUBLIC_COMPANIES if name in names] + quiet[:QUIET] or names[:QUIET]
    world.domains = {str(entry["name"]): str(entry["domain"]) for entry in entries if entry.get("domain")}
    return world


def _representative() -> list[str]:
    """The first identity, a colleague, an administrator, and somebody of another tenant, as far as there are any."""
    identities = context.system.identities
    first = context.system.identity()
    others = [identity for identity in identities.values() if identity is not first and identity.signs_in]
    chosen = (
        next((identity.name for identity in others if identity.role == "admin"), None),
        next((identity.name for identity in others if identity.tenant != first.tenant), None),
        next((identity.name for identity in others if identity.tenant == first.tenant and identity.role != "admin"), None),
    )
    return [first.name, *dict.fromkeys(filter(None, chosen))]


def _granted() -> bool:
    try:
        context.system.permit("destructive")
    except NotGrantedError:
        return False
    return True


def _companies() -> list[dict[str, Any]]:
    path = context.environment.companies
    data = yaml.safe_load(path.read_text(encoding="utf-8")) if path else {}
    return list(data.get("companies") or ())


def _events(text: str) -> list[tuple[str, Any]]:
    """The events of a stream's text."""
    events = []
    for block in text.replace("\r\n", "\n").split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if "data" in fields:
            events.append((fields.get("event", "message"), parsed(fields["data"])))
    return events


def forget(steps: Sequence[Step]) -> None:
    """Have identities sign in anew whose sessions a change of password has ended."""
    if any(step.action == "change the password" for step in steps):
        for identity in context.system.identities.values():
            if identity.limits != "production":
                context.system.authenticator.forget(identity)
