"""Proof of identity: what a system shows, to be the one that an environment means."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any, TYPE_CHECKING

from theodore_qa import extras
from theodore_qa.errors import NotEvaluatedError, NotGrantedError, QaError
from theodore_qa.systems import pointers

if TYPE_CHECKING:
    from collections.abc import Callable

    from theodore_qa.systems.declared import Proof, SystemEntry
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.settings import EnvironmentSettings


TITLE = re.compile(r"(?is)<title[^>]*>(.*?)</title>")


@dataclass(frozen=True, eq=False, repr=False)  # generated methods cost import time
class Prover:
    """Asks one system for its proof.

    Attributes:
        name: of the system.
        url: where it is reached.
        entry: what the environment says of it.
        settings: of the environment.
        ask: sends an operation as an identity, both by name, and gives method and path with the answer.
        certificate: gives the certificate of the system's TLS server; None without TLS.
    """

    name: str
    url: str
    entry: SystemEntry
    settings: EnvironmentSettings
    ask: Callable[[str, str], tuple[str, Exchange]]
    certificate: Callable[[], bytes | None]

    @property
    def is_possible(self) -> bool:
        """Whether the environment says by what the system proves to be the one that is meant."""
        proof = self.entry.proof
        return proof is not None and bool(
            proof.certificate_sha256 or proof.image_digest or (proof.operation and proof.value is not None)
        )

    def require(self) -> str:
        """Ask for the proof and return what was read.

        Raises:
            NotGrantedError: the environment names no proof.
            NotEvaluatedError: the system shows another one, or none.
        """
        if not self.is_possible:
            raise NotGrantedError(
                f"The environment {self.settings.name} does not say how the system {self.name} proves to be the one that is "
                f"meant: add 'proof: {{operation: GET /version, field: build.instance_id, value: ...}}' to it in "
                f"{self.settings.path.name}."
            )
        try:
            return self.identify()
        except NotEvaluatedError as error:
            raise NotEvaluatedError(f"{str(error).rstrip('.')}; nothing was done to it.") from None

    def identify(self) -> str:
        """Ask the system which one it is; another answer than the expected one is an error that says what was read."""
        proof = self.entry.proof
        if proof is None:
            return ""
        location, expected, observed = self._read(proof)
        if str(observed) != str(expected):
            raise NotEvaluatedError(
                f"The system {self.name} at {self.url} is not the one that {self.settings.path.name} means: expected "
                f"'{expected}' in {location}, observed '{str(observed)[:80] if observed not in (None, '') else 'nothing'}'."
            )
        return str(observed)

    def _read(self, proof: Proof) -> tuple[str, Any, Any]:
        """Where the proof is read, what has to stand there, and what does."""
        if proof.certificate_sha256:
            presented = self.certificate()
            digest = hashlib.sha256(presented).hexdigest() if presented else ""
            return "the SHA-256 of its TLS certificate", proof.certificate_sha256.replace(":", "").lower(), digest
        if proof.image_digest:
            return self._image(proof)
        label, answer = self.ask(proof.operation, proof.identity)
        if proof.header:
            return f"the header {proof.header} of {label}", proof.value, answer.headers.get(proof.header.lower())
        status = "" if answer.ok else f" (status {answer.status})"
        if proof.field:
            observed = pointers.found(answer.body, proof.field) if answer.ok else None
            return f"the field {proof.field} of {label}{status}", _as_json(proof.value), _as_json(observed)
        text = answer.text.strip() if answer.ok else None
        if text and text != str(proof.value) and (title := title_of(answer)):
            return f"the title of {label}", proof.value, title
        return f"the answer of {label}{status}", proof.value, text

    def _image(self, proof: Proof) -> tuple[str, Any, Any]:
        """The image of a container, as its Docker engine has it."""
        entry = self.entry
        name = entry.containers.get(proof.container, proof.container)
        extras.demand("docker", "a proof by an image")
        import docker

        try:
            engine = docker.DockerClient(base_url=entry.docker) if entry.docker else docker.from_env()
            image = engine.containers.get(name).image
        except docker.errors.DockerException as error:
            raise QaError(
                f"The image of the container {name} could not be read: {error}; nothing was done to {self.name}."
            ) from None
        return f"the image of the container {name}", proof.image_digest, image.id if image else None


def title_of(answer: Exchange) -> str:
    """The title of a page; empty for what is no page, or has none."""
    import html

    match = TITLE.search(answer.text) if answer.media == "text/html" else None
    return " ".join(html.unescape(match[1]).split()) if match else ""


def _as_json(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value
