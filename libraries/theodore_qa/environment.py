"""The environment file: which system is tested, who signs in, what may be done to it and what can be observed."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from theodore_qa import paths, timing
from theodore_qa.errors import unknown, UsageError

DEFAULT = "sandbox"
EMBEDDED = "embedded"
VARIABLE = "THEODORE_ENVIRONMENT"
_PROOFS = ("instance_id", "certificate_sha256", "image_digest")


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


def load(path: Path) -> Environment:
    """Read and validate an environment file; everything that is wrong with it is said in one error."""
    data = read_yaml(path)
    if problems := _problems(data):
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
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"The file {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise UsageError(f"The file {path} is not text in UTF-8.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise UsageError(f"The file {path} is not valid YAML{where}: {getattr(error, 'problem', error)}.") from None
    if not isinstance(data, dict):
        raise UsageError(f"The file {path} is {'empty' if data is None else 'not a mapping of names to values'}.")
    return data


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


def _problems(data: dict[str, Any]) -> list[str]:
    import jsonschema

    validator = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
    errors = sorted(validator.iter_errors(_plain(data)), key=lambda error: [str(part) for part in error.absolute_path])
    return [_sentence(error) for error in errors] or _beyond_schema(data)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, dt.date) else value


def _sentence(error: Any) -> str:
    where = ".".join(str(part) for part in error.absolute_path)
    within = f" in {where}" if where else ""
    if error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        extra = next(str(key) for key in error.instance if key not in known)
        return str(unknown("entry", extra, known, where or "the file"))
    if error.validator == "required":
        missing = error.message.split("'")[1]  # one error for each missing entry
        kinds = error.schema.get("properties", {}).get(missing, {}).get("enum", ())
        return f"The entry '{missing}' is missing{within}{': one of ' if kinds else ''}{', '.join(kinds)}."
    if error.validator == "enum":
        return f"The entry {where} is '{error.instance}', expected one of {', '.join(error.validator_value)}."
    if error.validator == "pattern":
        return f"The entry {where} is '{error.instance}', expected {error.schema.get('description', 'another form')}."
    if error.validator == "propertyNames":
        return f"The entry {where} has a name that is not one of {', '.join(error.validator_value['enum'])}."
    expected = error.schema.get("description", error.validator_value)
    return f"The entry {where or 'of the whole file'} is {error.instance!r}, expected {expected}."


def _beyond_schema(data: dict[str, Any]) -> list[str]:
    problems = []
    if not data.get("identities") and not data.get("apis"):
        problems.append("The entry 'identities' is missing: without it nobody can sign in; only a file with 'apis' may lack it.")
    if data["kind"] == "production" and any((data.get("allow") or {}).values()):
        problems.append(
            "The entry allow grants something although kind is production: only read-only probes are permitted there."
        )
    host = urlsplit(data["theodore"]["url"]).hostname
    if host and data.get("hosts") and host not in data["hosts"]:
        problems.append(f"The host {host} of theodore.url is not among hosts: {', '.join(data['hosts'])}.")
    return problems


def _object(properties: dict[str, Any], *required: str, **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False} | more


def _map(values: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": values, "description": "a mapping of names to entries"} | more


_TEXT = {"type": "string", "minLength": 1, "description": "a text"}
_BOOLEAN = {"type": "boolean", "description": "true or false"}
_TIME = {"type": ["number", "string"], "description": "a duration such as 10 s"}
_AMOUNT = {"type": "number", "minimum": 0, "description": "a number"}
KNOWN_PROVIDERS = ("openai", "gemini", "bedrock")
PROVIDER_ENTRIES = (
    "url",
    "key_env",
    "model",
    "embedding_model",
    "dimensions",
    "usd_per_million_tokens",
    "max_usd",
    "max_requests_per_minute",
)
_URL = {
    "type": "string",
    "pattern": rf"^({EMBEDDED}|https?://[^/\s@]+(/\S*)?)$",
    "description": f"a URL that begins with http:// or https:// and holds no credentials, or '{EMBEDDED}'",
}
_VARIABLE_NAME = {
    "type": "string",
    "pattern": "^[A-Z_][A-Z0-9_]*$",
    "description": "the name of an environment variable in capitals (never the secret itself)",
}
SCHEMA = _object(
    {
        "name": _TEXT,
        "kind": {"enum": ["sandbox", "test", "staging", "production"]},
        "theodore": _object({"url": _URL, "api_prefix": _TEXT, "timeout": _TIME}, "url"),
        "identities": _map(
            _object(
                {
                    "username": _TEXT,
                    "password_env": _VARIABLE_NAME,
                    "role": _TEXT,
                    "tenant": _TEXT,
                    "limits": {"enum": ["room", "production"]},
                },
                "username",
                "password_env",
            ),
            minProperties=1,
        ),
        "hosts": {"type": "array", "items": _TEXT, "description": "a list of host names"},
        "allow": _object(
            {
                "active_scan": _BOOLEAN,
                "chaos": _BOOLEAN,
                "destructive": _BOOLEAN,
                "load_max_rps": {"type": "number", "minimum": 0, "description": "a number of requests per second"},
            }
        ),
        "services": {"enum": ["doubles", "real"]},
        "proof": _object(dict.fromkeys(_PROOFS, _TEXT)),
        "links": _map(_object({"calls": _URL, "behaviour": _URL}, "calls")),
        "providers": _map(
            _object(
                {
                    "url": _URL,
                    "key_env": _VARIABLE_NAME,
                    "model": _TEXT,
                    "embedding_model": _TEXT,
                    "dimensions": {"type": "integer", "minimum": 1, "description": "a number of dimensions"},
                    "usd_per_million_tokens": _AMOUNT,
                    "max_usd": _AMOUNT,
                    "max_requests_per_minute": _AMOUNT,
                },
                *PROVIDER_ENTRIES,
            ),
            propertyNames={"enum": list(KNOWN_PROVIDERS)},
        ),
        "control": _URL,
        "proxies": _object({"url": _URL, "links": _map(_TEXT)}, "url"),
        "processes": _map(_TEXT | {"description": "a file that holds a process id"}),
        "containers": _map(_TEXT | {"description": "a container's name or id"}),
        "docker": _TEXT | {"description": "a Docker engine's address such as unix:///var/run/docker.sock"},
        "namespaces": _map(_TEXT | {"description": "a network namespace of this machine"}),
        "clocks": _map(_TEXT | {"description": "the FAKETIME_TIMESTAMP_FILE of a process under libfaketime"}),
        "apis": _map({"type": "object", "description": "the description of an API"}),
        "tls": _object({"url": _URL, "ca": _TEXT}, "url"),
        "stores": {"type": "array", "items": _TEXT, "description": "a list of files in which data is kept"},
        "logs": {"type": "array", "items": _TEXT, "description": "a list of log files"},
        "disks": _map(_TEXT | {"description": "a folder on a small file system of the system under test"}),
        "sandbox": _object(
            {
                "database": _TEXT,
                "delay_scale": {"type": "number", "minimum": 0, "description": "a number"},
                "providers": {"type": "array", "items": {"enum": list(KNOWN_PROVIDERS)}, "description": "a list of providers"},
                "dependencies": _map(_URL),
                "signing_key_env": _VARIABLE_NAME,
                "provider_key_env": _map(_VARIABLE_NAME),
                "defects": {"type": "array", "items": _TEXT, "description": "a list of defects"},
            }
        ),
        "clock_tolerance": _TIME,
        "companies": _TEXT,
        "thresholds": _TEXT,
        "contract": _TEXT,
        "not_available": _map(
            _object(
                {
                    "reason": _TEXT,
                    "owner": _TEXT,
                    "until": {"type": "string", "format": "date", "description": "a date such as 2027-01-31"},
                },
                "reason",
                "owner",
                "until",
            )
        ),
    },
    "name",
    "kind",
    "theodore",
)
