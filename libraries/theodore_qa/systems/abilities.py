"""What can be tested on a system with its environment file, what not and why; nothing is sent for it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from theodore_qa import extras
from theodore_qa.observing.display import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from theodore_qa.systems.environment import Environment
    from theodore_qa.systems.system import System

YES, NO, IN_PART = "yes", "no", "in part"


@dataclass(frozen=True)
class FaultNeed:
    """What a group of faults needs: an entry of the environment file and what it holds, modules and programs, perhaps root."""

    faults: str
    entry: str
    holds: str
    installed: tuple[str, ...] = ()
    root: bool = False


A_PID = "a file with a process id each, of a process of the same user unless root asks"
FAULTS = (
    FaultNeed("network faults on links", "proxies", "a Toxiproxy server, or 'embedded' beside a sandbox"),
    FaultNeed("HTTP faults, corrupted data", "proxies", "the product's own proxy: 'theodore chaos proxy', or 'embedded'"),
    FaultNeed("process faults (kill, pause, starve)", "processes", A_PID),
    FaultNeed("limits of memory and file handles", "processes", A_PID),
    FaultNeed("container faults", "containers", "names of containers, with 'docker' for another engine", ("docker",)),
    FaultNeed("full disks", "disks", "folders on small file systems"),
    FaultNeed("lost packets", "namespaces", "network namespaces", ("ip", "iptables"), root=True),
    FaultNeed("skewed clocks", "clocks", "the time files of processes under libfaketime"),
)


@dataclass(frozen=True)
class Ability:
    """A kind of test, whether it is possible, and what it rests on or what is missing."""

    what: str
    possible: str
    why: str


def of(system: System) -> list[Ability]:
    """All kinds of tests for one system."""
    kinds = (_use, _contract, _attacks, _load, _faults, _surroundings)
    return [*(ability for kind in kinds for ability in kind(system)), *_scanners()]


def _either(what: str, fine: bool, yes: str, no: str) -> Ability:
    return Ability(what, YES if fine else NO, yes if fine else no)


def _use(system: System) -> Iterator[Ability]:
    options = system.declared.sandbox
    if system.embedded and options and options.database.startswith("postgresql") and (missing := extras.lacking("psycopg")):
        yield Ability("the embedded sandbox", NO, missing)
    identities = system.identities
    unset = sorted(
        {variable for identity in identities.values() for variable in identity.variables if not os.environ.get(variable)}
    )
    if not identities:
        yield Ability("requests as somebody", NO, "add 'identities': all requests are sent as nobody")
    elif unset and not system.embedded:
        yield Ability("requests as somebody", IN_PART, f"set {', '.join(unset)}")
    else:
        yield Ability("requests as somebody", YES, f"as {', '.join(identities)}")
    reset = system.declared.reset
    if not system.embedded:
        described = "called before each suite" + ("" if reset and reset.marker else ", not proved to work: add 'marker'")
        yield _either("a fresh system for each suite", reset is not None, described, "add 'reset': an operation or a command")
    missing = extras.lacking("duckdb", "scipy")
    yield _either("quality of records", not missing, "by DuckDB and SciPy", missing)


def _contract(system: System) -> Iterator[Ability]:
    named = system.declared.contract
    if not named:
        yield Ability("contract, generated requests", NO, "add 'contract': an OpenAPI document")
        return
    if named.startswith("/"):
        yield Ability("contract", YES, f"by the document at {named}, which is read when it is needed")
    else:
        document = system.contract.needed
        partly = len(document.not_understood)
        described = f"{plural(len(document.operations), 'operation')} of {named}" + (
            f", {partly} places not understood" if partly else ""
        )
        yield Ability("contract", IN_PART if partly else YES, described)
    missing = extras.lacking("schemathesis")
    yield _either("generated requests", not missing, "by Schemathesis", missing)


def _attacks(system: System) -> Iterator[Ability]:
    environment, entry = system.environment, system.declared
    lacking = []
    if environment.kind == "production":
        lacking.append("kind is production")
    elif not environment.allow.active_scan:
        lacking.append("grant 'allow: {active_scan: true}'")
    if not system.embedded and not system.prover.is_possible:
        lacking.append("add 'proof' with a value")
    if not entry.contract and not entry.operations:
        lacking.append("add 'contract' or 'operations'")
    yield _either("security scans", not lacking, f"{plural(len(entry.skip or ()), 'operation')} skipped", "; ".join(lacking))
    yield _either(
        "attacks that change something",
        environment.allow.destructive and not lacking,
        "allowed",
        "grant 'allow: {destructive: true}'",
    )
    users = [
        identity
        for identity in system.identities.values()
        if identity.role != "admin" and identity.limits != "production" and not identity.lockable
    ]
    same = any(identity.tenant == other.tenant and identity is not other for identity in users for other in users)
    yield _either("objects of other users", same, "two users of one tenant", "add a second identity of the same role and tenant")
    tenants = sorted({identity.tenant for identity in users})
    yield _either("objects of other tenants", len(tenants) > 1, ", ".join(tenants), "add an identity of another tenant")
    admin = any(identity.role == "admin" for identity in system.identities.values())
    yield _either(
        "operations for administrators", admin and bool(users), "an administrator and a user", "add identities of both roles"
    )
    yield _either("tokens after log-out", bool(entry.sign_out), entry.sign_out, "add 'sign_out', and identities that sign in")


def _load(system: System) -> Iterator[Ability]:
    environment = system.environment
    most = environment.allow.load_max_rps
    lacking = []
    if environment.kind == "production":
        lacking.append("kind is production")
    elif not most:
        lacking.append("grant 'allow: {load_max_rps: 100}'")
    if missing := extras.lacking("hdrh"):
        lacking.append(missing)
    yield _either("load", not lacking, f"at most {most:g} requests a second", "; ".join(lacking))


def _faults(system: System) -> Iterator[Ability]:
    environment, entry = system.environment, system.declared
    if environment.kind == "production" or not environment.allow.chaos:
        yield Ability("faults", NO, "grant 'allow: {chaos: true}'" if environment.kind != "production" else "kind is production")
        return
    for need in FAULTS:
        there = getattr(entry, need.entry)
        listed = f"{need.entry}: {', '.join(there)}" if isinstance(there, dict) and there else need.entry
        lacking = [
            "" if there or (need.entry == "processes" and system.embedded) else f"add '{need.entry}': {need.holds}",
            extras.lacking(*need.installed),
            "run as root" if need.root and os.geteuid() else "",
        ]
        yield _either(need.faults, not any(lacking), listed, "; ".join(filter(None, lacking)))


def _surroundings(system: System) -> Iterator[Ability]:
    entry = system.declared
    embedded = system.embedded
    lacking = (
        "add 'cli': {command: [...], proof: ...}"
        if entry.cli is None
        else "add 'cli.proof': without it only what is read back counts"
    )
    proved = bool(entry.cli and entry.cli.proof)
    command = " ".join(entry.cli.command) if entry.cli else ""
    yield Ability("the command line", YES if proved else IN_PART if command else NO, command if proved else lacking)
    links = ", ".join(entry.links) or "those of the sandbox"
    yield _either("work that is observed at dependencies", bool(entry.links) or embedded, links, "add 'links'")
    for what, key in (("secrets in stores", "stores"), ("secrets in logs", "logs")):
        yield _either(
            what, bool(getattr(entry, key)) or embedded, ", ".join(getattr(entry, key)) or "those of the sandbox", f"add '{key}'"
        )
    secure = embedded or entry.url.startswith("https://") or bool(entry.tls and entry.tls.url)
    missing = extras.lacking("sslyze")
    lacking = "; ".join(filter(None, ("" if secure else "add 'tls: {url: https://...}', or use https in 'url'", missing)))
    yield _either("transport (TLS)", not lacking, "an address with https://", lacking)


def _scanners() -> Iterator[Ability]:
    for name in ("sqlmap", "testssl"):
        missing = extras.lacking(name)
        yield _either(f"scans by {name}", not missing, "it is installed", missing)


def waivers(environment: Environment) -> list[tuple[str, str]]:
    """What the environment openly does without, and whether that still holds."""
    return [(name, f"{waiver}{'' if waiver.in_force else ': ENDED'}") for name, waiver in environment.not_available.items()]
