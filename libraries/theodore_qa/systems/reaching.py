"""Everything that an environment names for a system, asked once: reachable, refused, unknown."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from theodore_qa import extras, paths
from theodore_qa.errors import QaError
from theodore_qa.observing.display import plural
from theodore_qa.systems import links

if TYPE_CHECKING:
    from collections.abc import Iterator

    from theodore_qa.systems.identities import Identity
    from theodore_qa.systems.system import System

TOKENS = ("client_credentials", "password", "authorization_code", "command")
REFUSALS = (401, 403)
MOST_TRIED = 10  # operations that are tried for an identity
Row = tuple[str, str, bool | None]  # what was asked, what came of it, and whether that is well; None where it is not known


def of(system: System) -> Iterator[Row]:
    """Ask a system and all that stands around it once; nothing is changed, and nothing hostile is sent."""
    answer = system.new_client().send("GET", "/")
    yield (
        "address",
        f"{system.url} answered {answer.status}" if answer.status else f"{system.url}: {answer.problem}",
        bool(answer.status),
    )
    if not answer.status:
        return
    yield from _contract(system)
    yield from _identities(system)
    if system.prover.is_possible:
        try:
            yield "proof", f"'{system.prover.identify()}'", True
        except QaError as error:
            yield "proof", str(error), False
    for name in system.entry.links:
        try:
            yield f"link {name}", f"{plural(len(links.calls(system, name)), 'call')} recorded", True
        except QaError as error:
            yield f"link {name}", str(error), False
    yield from _files(system)
    yield from _addresses(system)
    yield from _docker(system)


def _contract(system: System) -> Iterator[Row]:
    if not system.declared.contract:
        return
    try:
        document = system.contract.needed
        system.contract.check_names()
    except QaError as error:
        yield "contract", str(error), False
        return
    unclear = "; ".join(map(str, document.not_understood))
    yield (
        "contract",
        plural(len(document.operations), "operation") + (f"; not understood: {unclear}" if unclear else ""),
        not unclear,
    )


def _identities(system: System) -> Iterator[Row]:
    for name, identity in system.identities.items():
        unset = [variable for variable in identity.variables if not os.environ.get(variable)]
        if unset:
            yield f"identity {name}", f"{', '.join(unset)} not set", False
            continue
        if identity.limits == "production":
            yield f"identity {name}", "not tried: its sign-ins are counted", None
            continue
        try:
            known = system.authenticator.credentials(identity)
        except QaError as error:
            yield f"identity {name}", str(error), False
            continue
        named = ", ".join(known) or ("its certificate" if identity.client_certificate else "the query" if identity.query else "")
        if not named:
            yield f"identity {name}", "by nothing: add how it is known", False
        elif not identity.token_env and (identity.way.how in TOKENS or (identity.way.how == "request" and identity.signs_in)):
            yield f"identity {name}", f"signed in, known by {named}", True
        else:
            yield f"identity {name}", *_tried(system, identity, named)


def _tried(system: System, identity: Identity, named: str) -> tuple[str, bool | None]:
    """What a harmless request comes to as an identity that does not sign in, beside the same request of nobody."""
    for label in _harmless(system, identity):
        method, path = system.located(label)
        nobody = system.new_client().send(method, path)
        if nobody.status not in REFUSALS and nobody.status:
            continue
        credentials = system.authenticator.credentials(identity, method, path)
        signed = system.authenticator.signed_path(identity, path)
        answer = system.client.send(method, signed, credentials, certificate=identity.client_certificate)
        if not answer.status:
            return f"{label} was not answered ({answer.problem}), known by {named}", False
        refused = nobody.status or nobody.problem
        if answer.status in REFUSALS:
            variables = ", ".join(identity.variables) or "the certificate"
            return f"{label} answered {answer.status}, as to nobody; known by {named}: check {variables}", False
        return f"{label} answered {answer.status}, and {refused} to nobody; known by {named}", True
    return f"known by {named}: not tried, since no harmless operation is known that refuses nobody", None


def _harmless(system: System, identity: Identity) -> list[str]:
    """Operations that read something and need no values: that of the way to sign in, those of rows, and the contract's."""
    named = [identity.way.operation] if identity.way.operation.startswith("GET ") else []
    rows = [str(row["operation"] if isinstance(row, dict) else row) for row in system.declared.operations or ()]
    document = system.contract.document
    listed = [
        operation.label
        for operation in (document.operations if document else ())
        if not any(parameter.required for parameter in operation.parameters)
    ]
    every = [label for label in [*named, *rows, *listed] if label.startswith("GET /") and "{" not in label and "#" not in label]
    return list(dict.fromkeys(every))[:MOST_TRIED]


def _files(system: System) -> Iterator[Row]:
    entry = system.entry
    for kind, files in (("store", entry.stores), ("log", entry.logs), ("process", entry.processes.values())):
        for path in paths.beside(system.folder, files):
            readable = path.is_file() and os.access(path, os.R_OK)
            yield f"{kind} {path.name}", "readable" if readable else f"{path} is not there, or not readable", readable
    for name, folder in entry.disks.items():
        path = (system.folder / folder).resolve()
        yield f"disk {name}", str(path) if path.is_dir() else f"{path} is no folder", path.is_dir()


def _addresses(system: System) -> Iterator[Row]:
    entry = system.entry
    named = {f"provider {name}": provider.url for name, provider in entry.providers.items()}
    if entry.proxies and entry.proxies.url != "embedded":
        named["proxies"] = f"{entry.proxies.url.rstrip('/')}/version"
    way = entry.sign_in
    if way and way.issuer:
        named["identity provider"] = urljoin(f"{system.url}/", way.issuer).rstrip("/") + "/.well-known/openid-configuration"
    for what, url in named.items():
        parts = urlsplit(url)
        try:
            answer = system.beside(f"{parts.scheme}://{parts.netloc}").send("GET", parts.path or "/")
        except QaError as error:
            yield what, str(error), False
            continue
        yield what, f"{url} answered {answer.status}" if answer.status else f"{url}: {answer.problem}", bool(answer.status)


def _docker(system: System) -> Iterator[Row]:
    entry = system.entry
    if not entry.containers:
        return
    if missing := extras.lacking("docker"):
        yield "container engine", missing, False
        return
    import docker

    try:
        engine = docker.DockerClient(base_url=entry.docker) if entry.docker else docker.from_env()
        for name, container in entry.containers.items():
            yield f"container {name}", str(engine.containers.get(container).status), True
    except docker.errors.DockerException as error:
        yield "container engine", str(error).splitlines()[0], False
