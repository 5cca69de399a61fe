"""The API under test: where it is, its operations, who signs in to it and how, and which values it knows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, TYPE_CHECKING

from SecurityLibrary import operations
from SecurityLibrary.exchange import Client
from SecurityLibrary.identities import CSRF, Door, inwards, LOGIN, PERSON, Person
from theodore_qa import paths, safety
from theodore_qa.context import context
from theodore_qa.environment import read_yaml
from theodore_qa.errors import QaError, unknown, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from SecurityLibrary.operations import Operation

KNOWN = (
    "url", "openapi", "operations", "login", "logout", "identities", "values", "public", "admin", "skip", "proof", "prefix",
    "jwt", "callback", "plant", "shared", "tls", "stores", "logs",
)  # fmt: skip
OWN = "theodore"


@dataclass
class Api:
    """Everything that a scan knows of an API."""

    name: str
    url: str
    operations: list[Operation]
    people: dict[str, Person] = field(default_factory=dict)
    door: Door = field(default_factory=lambda: Door(""))
    logout: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    skip: tuple[str, ...] = ()
    jwt: dict[str, Any] = field(default_factory=dict)
    callback: dict[str, Any] = field(default_factory=dict)
    proof: dict[str, Any] = field(default_factory=dict)
    plant: dict[str, Any] = field(default_factory=dict)
    document: dict[str, Any] = field(default_factory=dict)
    shared: tuple[str, ...] = ()  # paths of objects that belong to everybody of a tenant
    served: tuple[str, ...] = ()  # paths that are served beside the operations, such as the document itself
    tls: str = ""  # an address that begins with https://
    tls_ca: str | None = None  # the file of an own authority
    stores: tuple[str, ...] = ()
    logs: tuple[str, ...] = ()
    limited: Person | None = None  # who has the limits of production, and whom only the probe of limits uses up
    lockable: Person | None = None  # who may be locked, and whom only the probe of brute force tries

    def client(self, budget: int = 60_000, rate: float = 500) -> Client:
        """A client of this API, for the environment's hosts only."""
        from SecurityLibrary.transport import trusting

        return Client(self.url, context.environment.hosts, budget, rate, verify=trusting(self.tls_ca))

    @property
    def accounts(self) -> list[Person]:
        """The identities that have a name and a password."""
        return [one for one in self.people.values() if one.password_env]

    @property
    def probe_path(self) -> str:
        """A path of an operation that reads, by which it is found out whether anybody answers."""
        return next((one.path for one in self.operations if one.method == "GET" and "{" not in one.path), "/")

    def operation(self, label: str) -> Operation:
        """The operation with this label, such as ``GET /orders/{order_id}``."""
        for one in self.operations:
            if str(one) == label:
                return one
        raise unknown("operation", label, [str(one) for one in self.operations], f"the API {self.name}")


def describe(name: str | None) -> Api:
    """The API of this name: an entry of ``apis`` in the environment file, a description file, or Theodore's own."""
    environment = context.environment
    name = name or OWN
    if name in environment.apis:
        return from_mapping(name, environment.apis[name], environment.path.parent)
    file = paths.project() / name if name.endswith((".yaml", ".yml")) else None
    if file is None and name != OWN:
        raise unknown("API", name, [OWN, *environment.apis], f"the environment file {environment.path.name}")
    path = file or paths.find("variables", "theodore-api.yaml")
    if path is None or not path.is_file():
        raise UsageError(f"The description {name} of an API is not there.")
    return from_mapping(path.stem if file else OWN, read_yaml(path), path.parent)


def from_mapping(name: str, told: dict[str, Any], folder: Path) -> Api:
    """An API from its description; what is missing is taken from the environment."""
    for key in told:
        if key not in KNOWN:
            raise unknown("entry", key, KNOWN, f"the API {name}")
    environment = context.environment
    url = str(told.get("url", environment.url)).rstrip("/")
    document, found = _operations(name, told, folder, url)
    admin, public, skip = (tuple(told.get(key, ())) for key in ("admin", "public", "skip"))
    labels = [str(one) for one in found]
    for label in (*admin, *public, *skip):
        if label not in labels:
            raise unknown("operation", label, labels, f"the API {name}")
    everybody = _people(name, told)
    known_by = {"authorization", "cookie", *(one.header.lower() for one in everybody.values())}
    marked = [operations.without_headers(_marked(one, admin, public, bool(public)), known_by) for one in found]
    people = {who: one for who, one in everybody.items() if one.limits != "production" and not one.lockable}
    return Api(
        name,
        url,
        marked,
        people,
        Door(name, _login(told.get("login", {}), labels)),
        told.get("logout", ""),
        told.get("values", {}),
        skip,
        told.get("jwt", {}),
        told.get("callback", {}),
        told.get("proof", {}),
        told.get("plant", {}),
        document,
        shared=tuple(told.get("shared", ())),
        served=(source.partition("?")[0],) if (source := str(told.get("openapi", ""))).startswith("/") else (),
        **_surroundings(told, url, folder),
        limited=next((one for one in everybody.values() if one.limits == "production"), None),
        lockable=next((one for one in everybody.values() if one.lockable), None),
    )


def _surroundings(told: dict[str, Any], url: str, folder: Path) -> dict[str, Any]:
    """Where the API's TLS, its stores and its logs are: as told, or the environment's for its own API."""
    environment = context.environment
    own = url == environment.url
    tls = told.get("tls", {"url": environment.tls, "ca": environment.tls_ca} if own and environment.tls else {})
    files = {key: told.get(key, getattr(environment, key) if own else ()) for key in ("stores", "logs")}
    ca = tls.get("ca")
    return {
        "tls": str(tls.get("url") or (url if url.startswith("https://") else "")),
        "tls_ca": str(folder / ca) if ca else None,
        **{key: tuple(str(folder / file) for file in listed) for key, listed in files.items()},
    }


def _login(told: dict[str, Any], labels: list[str]) -> dict[str, Any]:
    """How people sign in, once it is said in full."""
    for key in told:
        if key not in LOGIN:
            raise unknown("entry", key, LOGIN, "the 'login' of an API")
    for key in told.get("csrf", {}):
        if key not in CSRF:
            raise unknown("entry", key, CSRF, "the 'csrf' of an API's login")
    if not told:
        return {}
    operation = str(told.get("operation", ""))
    if not re.fullmatch(r"[A-Z]+ /\S*", operation):
        near = next((label for label in labels if re.search(r"(?i)login|sign-?in|token|session", label)), "POST /login")
        raise UsageError(f"The 'login' of an API names no operation: write it as 'operation: {near}'.")
    if told.get("csrf") and not {"header", "parameter"} & told["csrf"].keys():
        raise UsageError(
            "The 'csrf' of an API's login names neither header nor parameter: write it as 'csrf: {header: X-CSRF-Token, "
            "cookie: csrftoken}'."
        )
    return told


def _operations(name: str, told: dict[str, Any], folder: Path, url: str) -> tuple[dict[str, Any], list[Operation]]:
    document: dict[str, Any] = {}
    found: list[Operation] = []
    if source := told.get("openapi"):
        ca = (told.get("tls") or {}).get("ca")
        own = str(source).startswith("/")
        document = _fetched(url, source, str(folder / ca) if ca else None) if own else read_yaml(_beside(folder, source))
        document = operations.modern(document)
        found = operations.from_openapi(document, told.get("prefix", ""))
    rows = {str(one): one for one in map(operations.from_table, told.get("operations", []))}
    found = [rows.pop(str(one), one) for one in found] + list(rows.values())
    if not found:
        raise UsageError(
            f"The API {name} has no operations: name an OpenAPI document by 'openapi', or list them by 'operations'."
        )
    return document, found


def _beside(folder: Path, name: str) -> Path:
    own, shipped = folder / name, paths.shipped("contracts") / name
    if not own.is_file() and not shipped.is_file():
        raise UsageError(f"The OpenAPI document {name} is not there: it is looked for at {own}.")
    return own if own.is_file() else shipped


def _fetched(url: str, path: str, ca: str | None) -> dict[str, Any]:
    import yaml

    from SecurityLibrary.transport import trusting

    answer = Client(url, context.environment.hosts, verify=trusting(ca)).reach(path)
    try:
        document = yaml.safe_load(answer.text)
    except yaml.YAMLError:
        document = None
    if not answer.ok or not isinstance(document, dict):
        raise QaError(f"Expected an OpenAPI document at {url}{path}, observed {answer.status} with '{answer.text[:80]}'.")
    return document


def _people(name: str, told: dict[str, Any]) -> dict[str, Person]:
    people = {}
    for who, entry in told.get("identities", {}).items():
        for key in entry:
            if key not in PERSON:
                raise unknown("entry", key, PERSON, f"the identity {who} of the API {name}")
        people[who] = Person(who, **entry)
    if not people and "identities" not in told:
        for own in context.environment.identities.values():
            people[own.name] = Person(
                own.name, own.username, own.password_env, role=own.role, tenant=own.tenant, limits=own.limits
            )
    return people


def _marked(one: Operation, admin: tuple[str, ...], public: tuple[str, ...], listed: bool) -> Operation:
    from dataclasses import replace

    secured = one.secured
    if str(one) in public:
        secured = False
    elif listed:
        secured = True
    return replace(one, secured=secured, admin=one.admin or str(one) in admin)


def permit(api: Api) -> None:
    """Raise unless the environment allows active scans and the API proves to be the one that is meant."""
    environment = context.environment
    if api.url == environment.url and not api.proof:
        context.permit("active_scan")
        return
    safety.granted("active_scan", environment)
    proof = api.proof
    if not {"path", "value"} <= proof.keys():
        raise UsageError(
            f"The API {api.name} does not say how it proves to be the one that is meant: add "
            f"'proof: {{path: /version, field: build.instance_id, value: ...}}' to its description."
        )
    answer = api.client().reach(str(proof["path"]))
    observed = inwards(answer.body, str(proof["field"])) if proof.get("field") else answer.text.strip()
    if not answer.ok or str(observed) != str(proof["value"]):
        raise QaError(
            f"The API at {api.url} is not the one that is meant: expected 200 with '{proof['value']}' at {proof['path']}, "
            f"observed {answer.status} with '{str(observed)[:80]}'; nothing was done to it."
        )


def no_such_person(name: str, api: Api) -> UsageError:
    """The error for an identity that the API does not have."""
    return unknown("identity", name, api.people, f"the API {api.name}")
