"""What a scan knows of a system: its operations, who uses it, which values it knows, and where its data are kept."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any, TYPE_CHECKING

from SecurityLibrary.description import operations
from SecurityLibrary.identities import password_fields
from SecurityLibrary.sending.never_sent import NeverSent
from SecurityLibrary.sending.pacing import LONGEST, PacedClient
from theodore_qa import paths
from theodore_qa.context import context
from theodore_qa.errors import unknown, UsageError
from theodore_qa.openapi import Document
from theodore_qa.systems import declared

if TYPE_CHECKING:
    from SecurityLibrary.description.operations import ScanOperation
    from theodore_qa.systems.identities import Identity
    from theodore_qa.systems.system import System

NOTHING: dict[str, Any] = {"openapi": "3.1.0", "paths": {}}  # the document of a system that has none
RESETS = "by its name it makes or empties all data anew: a scan never sends it"
NO_REASON = "no reason given"  # a list of operations has none: they are never sent, and their locations stay open
AGENT = "robotframework-theodore security scan"


@dataclass
class Target:
    """Everything that a scan knows of a system."""

    system: System
    operations: list[ScanOperation]
    identities: dict[str, Identity]
    values: dict[str, Any]
    skip: dict[str, str]  # operations that are never sent, with the reasons
    document: Document
    jwt: declared.Jwt = field(default_factory=declared.Jwt)
    callback: declared.Callback = field(default_factory=declared.Callback)
    plant: declared.Canary | None = None
    sign_out: str = ""
    shared: tuple[str, ...] = ()  # paths of objects that belong to identities of a tenant
    served: tuple[str, ...] = ()  # paths that are served beside the operations, such as the document itself
    tls: str = ""  # an address that begins with https://
    tls_ca: str | None = None  # the file of a private authority
    stores: tuple[str, ...] = ()
    logs: tuple[str, ...] = ()
    limited: Identity | None = None  # who has the limits of production, and whom only the probe of limits uses up
    lockable: Identity | None = None  # who may be locked, and whom only the probe of brute force tries

    @property
    def name(self) -> str:
        """The name of the system."""
        return self.system.name

    def client(self, budget: int = 60_000, rate: float = 500) -> PacedClient:
        """A client of this system for a scan."""
        never = NeverSent(self.operations, self.skip)
        return PacedClient(self.system.new_client(most=LONGEST, cut=True, agent=AGENT), budget, rate, never=never)

    @property
    def accounts(self) -> list[Identity]:
        """The identities that sign in by a request with a name and a password."""
        return [identity for identity in self.identities.values() if identity.signs_in and identity.way.how == "request"]

    @property
    def administrator(self) -> Identity | None:
        """The first identity with the role of an administrator; None where the description names none."""
        return next((identity for identity in self.identities.values() if identity.role == "admin"), None)

    @property
    def probe_path(self) -> str:
        """A path of an operation that reads, by which it is found out whether anybody answers."""
        reads = (
            operation
            for operation in self.operations
            if operation.method == "GET" and "{" not in operation.path and str(operation) not in self.skip
        )
        return next((operation.route for operation in reads), "/")

    def operation(self, label: str) -> ScanOperation:
        """The operation with this label, such as ``GET /orders/{order_id}``, with the prefix or without."""
        full = " ".join(self.system.located(label))
        for operation in self.operations:
            if str(operation) in (label, full):
                return operation
        raise unknown("operation", label, [str(operation) for operation in self.operations], f"the system {self.name}")


def of(system: System) -> Target:
    """What a scan knows of a system, from its entry in the environment file and its contract."""
    entry = system.entry
    found = _operations(system)
    labels = [str(operation) for operation in found]

    admin, public = _full(system, entry.admin), _full(system, entry.public)
    skip = skipped(system)
    for label in (*admin, *public, *skip):
        if label not in labels:
            raise unknown("operation", label, labels, f"the system {system.name}")
    identities = system.identities
    known_by = {"authorization", "cookie", *(identity.header.lower() for identity in identities.values())}
    guards = {identity.way.csrf.parameter for identity in identities.values() if identity.way.csrf} - {""}
    marked = [_unguarded(operations.without_headers(_marked(operation, admin, public), known_by), guards) for operation in found]
    # Most probes use neither the identity with limits nor the one that may be locked: they would be refused before long.
    usable = {
        name: identity for name, identity in identities.items() if identity.limits != "production" and not identity.lockable
    }
    tls_url, tls_ca = _tls(system)
    return Target(
        system=system,
        operations=marked,
        identities=usable,
        values=_values(system),
        skip=skip,
        document=system.contract.document or Document(NOTHING, "the description"),
        jwt=entry.jwt or declared.Jwt(),
        callback=entry.callback or declared.Callback(),
        plant=entry.plant,
        sign_out=_label(system, entry.sign_out) if entry.sign_out else "",
        shared=tuple(system.located(f"GET {path}")[1] for path in entry.shared),
        served=(entry.contract.partition("?")[0],) if entry.contract.startswith("/") else (),
        tls=tls_url,
        tls_ca=tls_ca,
        stores=tuple(map(str, paths.beside(system.folder, entry.stores))),
        logs=tuple(map(str, paths.beside(system.folder, entry.logs))),
        limited=next((identity for identity in identities.values() if identity.limits == "production"), None),
        lockable=next((identity for identity in identities.values() if identity.lockable), None),
    )


def _tls(system: System) -> tuple[str, str | None]:
    """The address that TLS is looked at by, which may be a port of its own, and the file of a private authority."""
    own = system.tls
    served = system.url if system.url.startswith("https://") else ""
    return (own.url or served, own.ca or None) if own else (served, None)


def skipped(system: System) -> dict[str, str]:
    """The operations that are never sent, as they would be sent, with the reasons: those of the description, and resets."""
    given = system.declared.skip
    reasons = given if isinstance(given, dict) else dict.fromkeys(given or (), NO_REASON)
    resets = {str(operation): RESETS for operation in _named_operations(system) if operation.resets}
    return resets | dict(zip(_full(system, reasons), reasons.values(), strict=True))


def _full(system: System, names: Any) -> list[str]:
    return [_label(system, name) for name in names]


def _label(system: System, name: str) -> str:
    """An operation as it is sent, with what tells queries to one path apart."""
    _, mark, query = name.partition("#")
    return f"{' '.join(system.located(name))}{mark}{query}"


def described(name: str | None = None) -> Target:
    """The target of the system of this name, or of the one that the running keyword talks to."""
    return of(context.named(name) if name else context.system)


def _values(system: System) -> dict[str, Any]:
    """Good values; those for one operation by its name as it is sent."""
    found = {}
    for name, value in (system.declared.values or {}).items():
        match = re.fullmatch(r"([A-Za-z]+ /\S*) (.+)", str(name))
        found[f"{' '.join(system.located(match[1]))} {match[2]}" if match else str(name)] = value
    return found


def _operations(system: System) -> list[ScanOperation]:
    """The operations of a system that has some.

    Raises:
        UsageError: It has none.
    """
    found = _named_operations(system)
    if not found:
        raise UsageError(
            f"The system {system.name} has no operations: name its OpenAPI document by 'contract', or list them by 'operations', "
            f"in {system.environment.path.name}."
        )
    return found


def _named_operations(system: System) -> list[ScanOperation]:
    """The operations of the contract and those of the description's rows, which replace the others of the same name."""
    known = operations.from_contract(system.contract) if system.contract.document else []
    found = {str(operation): operation for operation in known}
    described = [operations.from_table(row, system) for row in system.declared.operations or ()]
    found |= {str(operation): operation for operation in described}
    return list(found.values())


def _marked(operation: ScanOperation, admin: list[str], public: list[str]) -> ScanOperation:
    """The operation as the environment file describes it: a list of public operations says that all others are not.

    Those with /admin in their path are for administrators, unless the list of these names some such paths: then it names all.
    """
    secured = operation.secured
    if public:
        secured = str(operation) not in public
    usual = operations.ADMINISTRATIVE in operation.path and not any(operations.ADMINISTRATIVE in label for label in admin)
    return replace(operation, secured=secured, admin=operation.admin or usual or str(operation) in admin)


def _unguarded(operation: ScanOperation, guards: set[str]) -> ScanOperation:
    """A form without the tokens against forged requests: the sender's own goes beside each form, or none."""
    for parameter in operation.parameters if operation.takes_form else ():
        if parameter.location == "body" and parameter.name in guards:
            operation = password_fields.without(operation, parameter)
    return operation
