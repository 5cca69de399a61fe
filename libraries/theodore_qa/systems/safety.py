"""The safety catch: what an environment grants, to the system that proves to be the one that is meant."""

from __future__ import annotations

import hashlib
from typing import Any, TYPE_CHECKING

from theodore_qa.errors import NotEvaluatedError, NotGrantedError, QaError, unknown, UsageError
from theodore_qa.systems import pointers

if TYPE_CHECKING:
    from theodore_qa.systems.declared import Proof
    from theodore_qa.systems.environment import Environment
    from theodore_qa.systems.system import System

ACTIONS = ("active_scan", "chaos", "destructive")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


def permit(action: str, system: System) -> str:
    """Raise unless the environment grants ``action`` and the system proves its identity; to be asked before the first request.

    ``action`` is ``active_scan``, ``chaos`` or ``destructive``. The proof is asked for each time; what was read is returned.
    Nothing hostile is done where the answer is another one, or none.
    """
    granted(action, system.environment)
    if not can_prove(system):
        raise NotGrantedError(
            f"The environment {system.environment.name} does not say how the system {system.name} proves to be the one that is "
            f"meant: add 'proof: {{operation: GET /version, field: build.instance_id, value: ...}}' to it in "
            f"{system.environment.path.name}."
        )
    return prove(system)


def can_prove(system: System) -> bool:
    """Whether the environment says by what the system proves to be the one that is meant."""
    proof = system.entry.proof
    return proof is not None and bool(
        proof.certificate_sha256 or proof.image_digest or (proof.operation and proof.value is not None)
    )


def prove(system: System) -> str:
    """Ask the system which one it is; another answer than the expected one is an error that says what was read."""
    proof = system.entry.proof
    if proof is None:
        return ""
    where, expected, observed = _read(system, proof)
    if str(observed) != str(expected):
        raise NotEvaluatedError(
            f"The system {system.name} at {system.url} is not the one that {system.environment.path.name} means: expected "
            f"'{expected}' in {where}, observed '{str(observed)[:80] if observed not in (None, '') else 'nothing'}'; "
            f"nothing was done to it."
        )
    return str(observed)


def _read(system: System, proof: Proof) -> tuple[str, Any, Any]:
    """What is read, what is to stand there, and what does."""
    if proof.certificate_sha256:
        certificate = system.new_client().peer_certificate()
        digest = hashlib.sha256(certificate).hexdigest() if certificate else ""
        return "the SHA-256 of its TLS certificate", proof.certificate_sha256.replace(":", "").lower(), digest
    if proof.image_digest:
        return _image(system, proof)
    method, path = system.located(proof.operation)
    who = system.identities.get(proof.identity) if proof.identity else None
    credentials = system.authenticator.credentials(who, method, path)
    answer = system.send(method, system.authenticator.signed_path(who, path), credentials)
    if proof.header:
        return f"the header {proof.header} of {method} {path}", proof.value, answer.headers.get(proof.header.lower())
    status = "" if answer.ok else f" (status {answer.status})"
    if proof.field:
        observed = pointers.found(answer.body, proof.field) if answer.ok else None
        return f"the field {proof.field} of {method} {path}{status}", _as_json(proof.value), _as_json(observed)
    return f"the answer of {method} {path}{status}", proof.value, answer.text.strip() if answer.ok else None


def _as_json(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _image(system: System, proof: Proof) -> tuple[str, Any, Any]:
    """The image of a container, as its Docker engine has it."""
    name = system.entry.containers.get(proof.container, proof.container)
    try:
        import docker
    except ImportError:
        raise UsageError("A proof by an image needs the Docker SDK: pip install 'robotframework-theodore[chaos]'.") from None
    try:
        engine = docker.DockerClient(base_url=system.entry.docker) if system.entry.docker else docker.from_env()
        image = engine.containers.get(name).image
    except docker.errors.DockerException as error:
        raise QaError(
            f"The image of the container {name} could not be read: {error}; nothing was done to {system.name}."
        ) from None
    return f"the image of the container {name}", proof.image_digest, image.id if image else None


def granted(action: str, environment: Environment) -> None:
    """Raise unless ``environment`` grants ``action`` at all; production grants nothing hostile."""
    if action not in ACTIONS:
        raise unknown("action", action, ACTIONS)
    if environment.kind == "production":
        raise NotGrantedError(
            f"The environment {environment.name} is production: only read-only probes are permitted there, not {action}."
        )
    if not getattr(environment.allow, action):
        raise NotGrantedError(
            f"The environment {environment.name} does not allow {action}: "
            f"grant it by 'allow: {{{action}: true}}' in {environment.path.name}."
        )


def refuse_changes(system: System, method: str, path: str) -> None:
    """Raise for a request that may change something in production; signing in and out is allowed."""
    environment = system.environment
    if environment.kind != "production" or method.upper() in SAFE_METHODS:
        return
    entry = system.declared
    allowed = [operation for operation in (entry.sign_in.operation if entry.sign_in else "", entry.sign_out) if operation]
    if any(system.located(operation) == (method.upper(), path.partition("?")[0]) for operation in allowed):
        return
    raise NotGrantedError(
        f"The environment {environment.name} is production, where only read-only probes are permitted: "
        f"{method} {path} was not sent."
    )
