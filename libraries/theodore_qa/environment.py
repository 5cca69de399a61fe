"""The environment file: which system is tested, who signs in, what may be done to it and what can be observed."""

from __future__ import annotations

import datetime as dt
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from theodore_qa import paths, timing, validation
from theodore_qa.errors import unknown, UsageError
from theodore_qa.validation import EMBEDDED

DEFAULT = "sandbox"
VARIABLE = "THEODORE_ENVIRONMENT"


@dataclass(frozen=True, eq=False, repr=False)  # generated methods cost import time
class Identity:
    """Somebody who signs in; the password is named by an environment variable and read when it is needed."""

    name: str
    username: str
    password_env: str
    role: str = "user"
    tenant: str = "default"
    limits: str = "room"

    def password(self) -> str:
        """The password from the environment variable; unset or empty is an error that names it."""
        value = os.environ.get(self.password_env, "")
        if not value:
            raise UsageError(
                f"The identity '{self.name}' has its password in the environment variable {self.password_env}, "
                f"which is not set: set it before the run."
            )
        return value


class Link(NamedTuple):
    """A dependency of the system: where its calls are recorded, and where its double is told to misbehave, if it is one."""

    calls: str
    behaviour: str | None = None


class Provider(NamedTuple):
    """A real AI provider: its address, its key's environment variable, its models, and what may be spent on it."""

    url: str
    key_env: str
    model: str
    embedding_model: str
    dimensions: int
    usd_per_million_tokens: float
    max_usd: float
    max_requests_per_minute: float


@dataclass(frozen=True, eq=False, repr=False)  # generated methods cost import time
class NotAvailable:
    """An entry that this environment openly does without, until a date."""

    reason: str
    owner: str
    until: dt.date

    @property
    def in_force(self) -> bool:
        """Whether the date has not passed."""
        return dt.datetime.now(dt.UTC).date() <= self.until

    def __str__(self) -> str:
        return f"{self.reason} (owner {self.owner}, until {self.until})"


class Allowed(NamedTuple):
    """What may be done to the system under test; nothing by default."""

    active_scan: bool = False
    chaos: bool = False
    destructive: bool = False
    load_max_rps: float = 0


@dataclass(frozen=True, eq=False, repr=False)  # generated methods cost import time
class Environment:
    """A validated environment file."""

    path: Path
    name: str
    kind: str
    url: str
    api_prefix: str
    timeout: float
    clock_tolerance: float
    identities: dict[str, Identity]
    hosts: tuple[str, ...]
    allow: Allowed
    services: str = "doubles"
    proof: dict[str, str] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    providers: dict[str, Provider] = field(default_factory=dict)
    control: str | None = None
    proxies: dict[str, Any] = field(default_factory=dict)
    processes: dict[str, str] = field(default_factory=dict)
    containers: dict[str, str] = field(default_factory=dict)
    docker: str | None = None
    disks: dict[str, str] = field(default_factory=dict)
    namespaces: dict[str, str] = field(default_factory=dict)
    clocks: dict[str, str] = field(default_factory=dict)
    apis: dict[str, Any] = field(default_factory=dict)
    tls: str | None = None
    tls_ca: str | None = None
    stores: list[str] = field(default_factory=list)
    logs: list[str] = field(default_factory=list)
    sandbox: dict[str, Any] = field(default_factory=dict)
    not_available: dict[str, NotAvailable] = field(default_factory=dict)
    companies: Path | None = None
    thresholds: Path | None = None
    contract: Path | None = None

    @property
    def embedded(self) -> bool:
        """Whether the system under test is a sandbox that we start ourselves."""
        return self.url == EMBEDDED

    @property
    def is_sandbox(self) -> bool:
        """Whether the system under test is a double: what it proves is no evidence about any production system."""
        return self.embedded or self.kind == "sandbox"

    def identity(self, name: str | None) -> Identity:
        """The identity ``name``, or the first one."""
        if name is None and self.identities:
            return next(iter(self.identities.values()))
        if not self.identities:
            raise UsageError(f"The environment file {self.path.name} names no identities, and one is needed here.")
        if name not in self.identities:
            raise unknown("identity", str(name), self.identities, f"the environment file {self.path.name}")
        return self.identities[name]


def locate(name: str | None = None) -> Path:
    """The environment file for a path or a short name; without one, the variable THEODORE_ENVIRONMENT or ``sandbox``."""
    wanted = name or os.environ.get(VARIABLE) or DEFAULT
    direct = Path(wanted)
    if direct.is_file():
        return direct.resolve()
    short = wanted if wanted.endswith((".yaml", ".yml")) else f"{wanted}.yaml"
    found = paths.find("variables", short)
    if found is None:
        known = {file.stem for file in paths.shipped("variables").glob("*.yaml")} | {
            file.stem for file in (Path.cwd() / "variables").glob("*.yaml")
        }
        raise unknown("environment file", wanted, known - {"companies", "thresholds"}, "variables/")
    return found.resolve()


def _completed(data: dict[str, Any]) -> dict[str, Any]:
    """A file that describes other APIs only: the first of them is where this environment's system is."""
    apis = data.get("apis")
    urls = [one["url"] for one in apis.values() if isinstance(one, dict) and one.get("url")] if isinstance(apis, dict) else []
    return data if "theodore" in data or not urls else {**data, "theodore": {"url": urls[0]}}


def load(path: Path) -> Environment:
    """Read and validate an environment file; everything that is wrong with it is said in one error."""
    data = _completed(read_yaml(path))
    if problems := validation.problems(data):
        listed = "\n".join(f"- {problem}" for problem in problems)
        raise UsageError(f"The environment file {path} is not valid:\n{listed}")
    theodore = data["theodore"]
    url = theodore["url"].rstrip("/")
    host = urlsplit(url).hostname
    return Environment(
        path=path,
        name=data["name"],
        kind=data["kind"],
        url=url,
        api_prefix=theodore.get("api_prefix", "/api/v2"),
        timeout=timing.seconds(theodore.get("timeout", 10)),
        clock_tolerance=timing.seconds(data.get("clock_tolerance", 2)),
        identities={name: Identity(name=name, **entry) for name, entry in data.get("identities", {}).items()},
        hosts=tuple(data.get("hosts", ())) or tuple(filter(None, (host,))),
        allow=Allowed(**data.get("allow", {})),
        services=data.get("services", "doubles"),
        proof=data.get("proof", {}),
        links={name: Link(**entry) for name, entry in data.get("links", {}).items()},
        providers={name: Provider(**entry) for name, entry in data.get("providers", {}).items()},
        control=data.get("control"),
        proxies=data.get("proxies", {}),
        processes=data.get("processes", {}),
        containers=data.get("containers", {}),
        docker=data.get("docker"),
        disks=data.get("disks", {}),
        namespaces=data.get("namespaces", {}),
        clocks=data.get("clocks", {}),
        apis=data.get("apis", {}),
        tls=(data.get("tls") or {}).get("url"),
        tls_ca=(data.get("tls") or {}).get("ca"),
        stores=data.get("stores", []),
        logs=data.get("logs", []),
        sandbox=data.get("sandbox", {}),
        not_available={
            entry: NotAvailable(reason["reason"], reason["owner"], dt.date.fromisoformat(str(reason["until"])))
            for entry, reason in data.get("not_available", {}).items()
        },
        companies=_beside(path, data.get("companies", "companies.yaml")),
        thresholds=_beside(path, data.get("thresholds", "thresholds.yaml")),
        contract=_contract(path, data.get("contract")),
    )


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file; an unreadable, empty or broken file is an error that says where."""
    import yaml

    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=_once_each(yaml))  # noqa: S506  # a safe loader
        json.dumps(data, default=str)  # what holds itself is no value
    except OSError as error:
        raise UsageError(f"The file {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise UsageError(f"The file {path} is not text in UTF-8.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise UsageError(f"The file {path} is not valid YAML{where}: {getattr(error, 'problem', error)}.") from None
    except ValueError as error:  # a date that there is not
        raise UsageError(f"The file {path} holds a value that is none: {error}.") from None
    if not isinstance(data, dict):
        raise UsageError(f"The file {path} is {'empty' if data is None else 'not a mapping of names to values'}.")
    return data


def _once_each(yaml: Any) -> Any:
    """A loader that refuses a name that stands twice, since the later one would silently win."""

    class Loader(yaml.SafeLoader):  # type: ignore[misc]  # yaml is imported when it is needed
        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            names: set[str] = set()
            for key, _ in node.value:
                if key.value in names and key.tag != "tag:yaml.org,2002:merge":
                    raise yaml.constructor.ConstructorError(None, None, f"the name {key.value!r} stands twice", key.start_mark)
                names.add(str(key.value))
            return super().construct_mapping(node, deep)

    return Loader


def _beside(path: Path, name: str) -> Path | None:
    own = path.parent / name
    return own if own.is_file() else paths.find("variables", name)


def _contract(path: Path, name: str | None) -> Path | None:
    if name is None:
        return None
    own = path.parent / name
    if not own.is_file():
        raise UsageError(f"The contract {name} that {path.name} names is not there: it is looked for at {own}.")
    return own
