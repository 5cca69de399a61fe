"""The environment file: which systems are tested, what may be done to them, and what is openly lacking."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TYPE_CHECKING
from urllib.parse import urlsplit

from theodore_qa import paths, timing
from theodore_qa.errors import unknown, UsageError
from theodore_qa.redaction.secrets import secrets
from theodore_qa.systems import declared, migration, validation
from theodore_qa.systems.declaring import class_name, resolved, schema
from theodore_qa.systems.files import read_yaml
from theodore_qa.systems.identities import Identity
from theodore_qa.systems.settings import EnvironmentSettings, Waiver
from theodore_qa.systems.system import System

if TYPE_CHECKING:
    from collections.abc import Iterator

DEFAULT = "sandbox"
VARIABLE = "THEODORE_ENVIRONMENT"
LONGEST_TIMEOUT, LARGEST_TOLERANCE = 600.0, 300.0
NO_ENVIRONMENTS = (
    *("companies", "thresholds", "experiments", "accepted-findings"),
    *("gates", "weights", "waivers", "controls", "quarantine", "alerts"),
)
# Entries that no test needs by themselves, but that not_available may name all the same.
BEYOND = ("security", "canaries", "provider")


@dataclass(frozen=True, eq=False, repr=False)  # generated methods cost import time
class Environment(EnvironmentSettings):
    """A validated environment file: its settings, and its systems by name."""

    systems: dict[str, System]
    default: str = ""  # the system that is meant where nothing names one of several

    @property
    def embedded(self) -> bool:
        """Whether a system is a sandbox that we start ourselves."""
        return any(system.embedded for system in self.systems.values())

    @property
    def is_sandbox(self) -> bool:
        """Whether the systems are doubles: what they prove is no evidence about any production system."""
        return self.embedded or self.kind == "sandbox"

    def system(self, name: str) -> System:
        """The system of this name."""
        if name not in self.systems:
            raise unknown("system", name, self.systems, f"the environment file {self.path.name}")
        return self.systems[name]


def locate(name: str | None = None) -> Path:
    """The environment file for a path or a short name; without one, the variable THEODORE_ENVIRONMENT or ``sandbox``."""
    requested = name or os.environ.get(VARIABLE) or DEFAULT
    direct = Path(requested)
    if direct.is_file():
        return direct.resolve()
    short = requested if requested.endswith((".yaml", ".yml")) else f"{requested}.yaml"
    found = paths.find("variables", short)
    if found is None:
        folders = (paths.shipped("variables"), paths.project() / "variables")
        stems = {file.stem for folder in folders for file in folder.glob("*.yaml")}
        known = {stem for stem in stems if not stem.endswith((".system", ".waivers", ".ticket"))}
        raise unknown("environment file", requested, known - set(NO_ENVIRONMENTS), "variables/")
    return found.resolve()


def load(path: Path) -> Environment:
    """Read and validate an environment file; everything that is wrong with it is said in one error."""
    return from_mapping(read_yaml(path), path)


def from_mapping(data: dict[str, Any], path: Path) -> Environment:
    """The environment of a mapping as a file has it; ``path`` is that file, beside which others stand."""
    migration.refuse_old_file(data, path)
    listed = data.get("systems")
    if isinstance(listed, dict):
        data = {**data, "systems": {str(name): _extended(entry, path) for name, entry in listed.items()}}
    problems = validation.problems(data) or list(_beyond_schema(data, path))
    if problems:
        listed = "\n".join(f"- {problem}" for problem in problems)
        raise UsageError(f"The environment file {path} is not valid:\n{listed}")
    entry: declared.EnvironmentEntry = _built(schema(), validation.plain(data))
    given = tuple(filter(None, (urlsplit(system.url).hostname for system in entry.systems.values())))
    settings = EnvironmentSettings(
        path=path,
        name=entry.name,
        kind=entry.kind,
        hosts=entry.hosts or given,
        allow=entry.allow or declared.Allowed(),
        clock_tolerance=entry.clock_tolerance,
        not_available={
            name: Waiver(lacking.reason, lacking.owner, dt.date.fromisoformat(lacking.until))
            for name, lacking in entry.not_available.items()
        },
        companies=_beside(path, entry.companies),
        thresholds=_beside(path, entry.thresholds),
        waivers=_beside(path, entry.waivers),
        locust=entry.locust,
    )
    systems = {
        name: System(name, own, _identities(own, data["systems"][name], path), settings) for name, own in entry.systems.items()
    }
    return Environment(**vars(settings), systems=systems, default=entry.default)


# Reading


def _extended(entry: Any, path: Path) -> Any:
    """A system's entries with those of the file that it extends below them."""
    if not isinstance(entry, dict) or not isinstance(entry.get("extends"), str):
        return _with_prefix(entry)
    name = entry["extends"]
    file = next(
        (candidate for candidate in (path.parent / name, paths.find("variables", name)) if candidate and candidate.is_file()),
        None,
    )
    if file is None:
        raise UsageError(
            f"The file {name} that a system of {path.name} extends is not there: it is looked for at {path.parent / name}."
        )
    base = read_yaml(file)
    migration.refuse_old_system(base, file)
    if problems := validation.problems_of_system(base):
        listed = "\n".join(f"- {problem}" for problem in problems)
        raise UsageError(f"The file {file} does not describe a system:\n{listed}")
    return _with_prefix(merged({key: value for key, value in base.items() if key != "extends"}, entry))


def _with_prefix(entry: Any) -> Any:
    """A prefix of / is none."""
    return (
        {**entry, "prefix": entry["prefix"].rstrip("/") or "/"}
        if isinstance(entry, dict) and isinstance(entry.get("prefix"), str)
        else entry
    )


def merged(base: Any, own: Any) -> Any:
    """What is written for a system before what it extends: mappings are joined, all else is replaced."""
    if not isinstance(base, dict) or not isinstance(own, dict):
        return own
    return {**base, **{key: merged(base[key], value) if key in base else value for key, value in own.items()}}


def _built(node: dict[str, Any], data: Any) -> Any:
    """The data class of an object of the schema, or the value of another entry."""
    whole = schema()

    def build(node: dict[str, Any], data: Any) -> Any:
        node = resolved(node, whole)
        if node.get("format") == "duration":
            return timing.seconds(data)
        if "x-any" in node or "oneOf" in node:
            return data
        if name := class_name(node):
            given = {key: build(node["properties"][key], value) for key, value in data.items()}
            return getattr(declared, name)(**given)
        if isinstance(data, dict):
            return {key: build(node["additionalProperties"], value) for key, value in data.items()}
        if isinstance(data, list):
            return tuple(build(node["items"], value) for value in data)
        return data

    return build(node, data)


def _identities(system: declared.SystemEntry, data: dict[str, Any], path: Path) -> dict[str, Identity]:
    """The identities of a system, each with its whole way to sign in."""
    shared = data.get("sign_in") or {}
    node = schema()["$defs"]["sign_in"]
    found = {}
    for name, entry in system.identities.items():
        own = data["identities"][name]
        way: declared.SignIn = _built(node, validation.plain(merged(shared, own.get("sign_in") or {})))
        placed = bool({"header", "cookie", "query"} & own.keys())  # says itself where its token goes
        changes = {
            "header": own.get("header", way.header),
            "scheme": own.get("scheme", way.scheme),
            "query": own.get("query", "" if placed else way.query),
            **{key: str(path.parent / own[key]) for key in ("certificate", "key") if key in own},
        }
        found[name] = identity = Identity(name=name, way=way, **{**vars(entry), **changes})
        secrets.add_names(header=identity.header, parameter=identity.query)
    return found


def _beside(path: Path, name: str) -> Path | None:
    own = path.parent / name
    return own if own.is_file() else paths.find("variables", name)


# What the schema cannot say


def _beyond_schema(data: dict[str, Any], path: Path) -> Iterator[str]:
    if data["kind"] == "production" and any((data.get("allow") or {}).values()):
        yield "The entry allow grants something although kind is production: only read-only probes are permitted there."
    yield from _bounded("clock_tolerance", data.get("clock_tolerance", 2), LARGEST_TOLERANCE, zero=True)
    for name, system in data["systems"].items():
        yield from _wrong_with(name, system, data.get("hosts"), path)
    if (default := data.get("default")) and default not in data["systems"]:
        yield str(unknown("system", default, data["systems"], "default"))
    yield from _unknown_waivers(data)


def _bounded(name: str, text: Any, most: float, *, zero: bool = False) -> Iterator[str]:
    seconds = timing.seconds(text)
    if not (0 < seconds <= most or (zero and seconds == 0)):
        yield f"The entry {name} is '{text}', expected more than 0 s and at most {most:g} s."


def _files_of(system: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The certificates and keys that a system's description names, with the entries that do."""
    for key in ("ca", "certificate", "key"):
        if isinstance(file := (system.get("tls") or {}).get(key), str):
            yield f"tls.{key}", file
    for name, identity in (system.get("identities") or {}).items():
        for key in ("certificate", "key"):
            if isinstance(file := identity.get(key), str):
                yield f"identities.{name}.{key}", file


def _wrong_with(name: str, system: dict[str, Any], hosts: Any, path: Path) -> Iterator[str]:
    where = f"systems.{name}"
    if "url" not in system:
        yield f"The entry 'url' is missing in {where}: it says where the system is."
        return
    yield from _bounded(f"{where}.timeout", system.get("timeout", 10), LONGEST_TIMEOUT)
    try:
        host = urlsplit(system["url"]).hostname
    except ValueError:
        yield f"The entry {where}.url is '{system['url']}', which is no URL."
        return
    if host and hosts and host not in hosts:
        yield f"The host {host} of {where}.url is not among hosts: {', '.join(hosts)}."
    identities = system.get("identities") or {}
    for entry, file in _files_of(system):
        if not (path.parent / file).is_file():
            yield f"The file {file} that {where}.{entry} names is not there: it is looked for at {path.parent / file}."
    for who, entry in identities.items():
        yield from _wrong_with_identity(f"{where}.identities.{who}", entry, system)
    for entry_name in ("proof", "reset", "reset.marker"):
        node: Any = system
        for part in entry_name.split("."):
            node = (node or {}).get(part)
        if node and "identity" in node and node["identity"] not in identities:
            yield str(unknown("identity", node["identity"], identities, f"{where}.{entry_name}"))


def _wrong_with_identity(where: str, entry: dict[str, Any], system: dict[str, Any]) -> Iterator[str]:
    way = merged(system.get("sign_in") or {}, entry.get("sign_in") or {})
    how = way.get("how", "request")
    if "password_env" in entry and "username" not in entry:
        yield f"The entry 'username' is missing in {where}: it has a password."
    if "password_env" in entry and "token_env" not in entry and how == "request" and "operation" not in way:
        yield (
            f"The identity {where} has a password, and nothing says how to sign in: add 'sign_in: {{operation: POST /login, "
            f"token: access_token}}' to the system, or 'sign_in: {{how: basic}}'."
        )
    if how in ("client_credentials", "password", "authorization_code") and not {"issuer", "token_url"} & way.keys():
        yield f"The sign-in of {where} is {how}, and neither issuer nor token_url says where tokens come from."
    if how == "command" and "command" not in way:
        yield f"The entry 'command' is missing in the sign_in of {where}."


def _unknown_waivers(data: dict[str, Any]) -> Iterator[str]:
    entries = {*schema()["$defs"]["system"]["properties"], *BEYOND}
    systems = data["systems"]
    for name in data.get("not_available") or {}:
        first, _, rest = str(name).partition(".")
        known = rest.partition(".")[0] if first in systems and rest else first
        if known not in entries and first not in systems:
            yield str(unknown("entry", str(name), [*entries, *systems], "not_available"))
        elif first in systems and rest and known not in entries:
            yield str(unknown("entry", str(name), [f"{first}.{entry}" for entry in entries], "not_available"))
