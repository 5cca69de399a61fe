"""The entries of an environment file as data classes, written by ``make docs``: edit the schema."""

# ruff: noqa: S105  # names of fields, no secrets

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)  # generated methods cost import time
class Allowed:
    """What may be done to the systems; nothing by default."""

    active_scan: bool = False
    chaos: bool = False
    destructive: bool = False
    load_max_rps: float = 0


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)  # generated methods cost import time
class Locust:
    """Locust's master and workers, for loads beyond one machine: engine=locust."""

    master: str
    workers: int = 1
    wait: float = 30.0


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)  # generated methods cost import time
class NotAvailable:
    """Why an entry is lacking, until when."""

    reason: str
    owner: str
    until: str


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)  # generated methods cost import time
class ErrorConvention:
    """The body of errors (status 400 and above)."""

    status: str = ""
    path: str = ""
    request_id: str = ""
    texts: tuple[str, ...] = ()
    details: str = ""
    code: str = ""
    codes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)  # generated methods cost import time
class TokenConvention:
    """Tokens that answers hold: a JSON Web Token says itself how long it is valid, as the answer does."""

    token: str
    lasts: str
    refresh: str = ""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)  # generated methods cost import time
class Conventions:
    """What every answer of this system keeps to beside its contract. Nothing of it is asked where it is not written."""

    errors: ErrorConvention | None = None
    only_documented_statuses: bool = False
    challenge: str = ""
    request_id: str = ""
    dated_by: tuple[str, ...] = ()
    counts: dict[str, str] = field(default_factory=dict)
    starts_at_zero: tuple[str, ...] = ()
    ordered: tuple[tuple[str, ...], ...] = ()
    tokens: TokenConvention | None = None
    answer_within: float | None = None


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)  # generated methods cost import time
class Csrf:
    """The token against forged requests that forms and unsafe requests need."""

    header: str = ""
    parameter: str = ""
    cookie: str = ""
    operation: str = ""
    field: str = "csrf_token"


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)  # generated methods cost import time
class SecondFactor:
    """How an identity with a 'totp_env' shows its code: in the body of the sign-in, or by an operation of its own."""

    operation: str = ""
    code: str = "code"
    challenge: str = ""
    period: float = 30.0


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)  # generated methods cost import time
class SignIn:
    """How identities sign in."""

    how: str = "request"
    operation: str = ""
    username: str = "username"
    password: str = "password"
    body: Any = None
    media: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    token: Any = None
    refresh: str = ""
    expires: str = "expires_in"
    header: str = "Authorization"
    scheme: str = "Bearer"
    query: str = ""
    csrf: Csrf | None = None
    second_factor: SecondFactor | None = None
    provider: str = ""
    issuer: str = ""
    token_url: str = ""
    authorization_url: str = ""
    client_id: str = ""
    client_secret_env: str = ""
    client_authentication: str = "basic"
    scope: str = ""
    audience: str = ""
    redirect_uri: str = "http://127.0.0.1/callback"
    command: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)  # generated methods cost import time
class IdentityEntry:
    """Somebody who uses the system. Secrets stand in environment variables, never in the file."""

    username: str = ""
    password_env: str = ""
    token_env: str = ""
    client_id: str = ""
    client_secret_env: str = ""
    totp_env: str = ""
    header: str = ""
    scheme: str = ""
    query: str = ""
    cookie: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    certificate: str = ""
    key: str = ""
    sign_in: SignIn | None = None
    role: str = "user"
    tenant: str = "default"
    values: dict[str, Any] = field(default_factory=dict)
    limits: str = "room"
    lockable: bool = False


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)  # generated methods cost import time
class Proof:
    """How the system proves to be the one that is meant, before anything hostile is sent."""

    operation: str = ""
    field: str = ""
    header: str = ""
    identity: str = ""
    value: Any = None
    container: str = ""
    image_digest: str = ""
    certificate_sha256: str = ""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)  # generated methods cost import time
class Build:
    """Where the system says which build it is. Evidence and history name what was read there."""

    operation: str
    fields: tuple[str, ...] = ()
    header: str = ""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)  # generated methods cost import time
class Jwt:
    """The keys of tokens."""

    key_env: str = ""
    jwks: str = ""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)  # generated methods cost import time
class Callback:
    """Where calls of the system are listened for."""

    host: str = ""
    control: str = ""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)  # generated methods cost import time
class Canary:
    """How a key for programs is made, to look whether it is kept in clear."""

    operation: str
    body: Any = None
    secret: str = ""
    known: str = ""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)  # generated methods cost import time
class Tls:
    """TLS: whom to trust, and where it is looked at."""

    url: str = ""
    ca: str = ""
    certificate: str = ""
    key: str = ""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)  # generated methods cost import time
class Link:
    """A dependency link."""

    calls: str
    behaviour: str = ""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)  # generated methods cost import time
class Provider:
    """A real AI provider, and what may be spent on it."""

    url: str
    key_env: str
    model: str
    embedding_model: str
    dimensions: int
    usd_per_million_tokens: float
    max_usd: float
    max_requests_per_minute: float


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)  # generated methods cost import time
class ProxyServer:
    """The fault proxies on the links."""

    url: str
    links: dict[str, str] = field(default_factory=dict)
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)  # generated methods cost import time
class Dependencies:
    """Where it is listed what the system is made of, for the look-up of known vulnerabilities."""

    lists: tuple[str, ...]
    advisories: str = ""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)  # generated methods cost import time
class CommandVariables:
    """The environment variables by which the command is given the system's address and an identity."""

    url: str = ""
    username: str = ""
    password: str = ""
    token: str = ""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)  # generated methods cost import time
class CommandProof:
    """A call that makes something in the system, which is then read over the API: so the command is seen to talk to it."""

    arguments: tuple[str, ...]
    id: str = "id"
    read: str


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)  # generated methods cost import time
class CommandLine:
    """The system's own command line."""

    command: tuple[str, ...]
    timeout: float = 30.0
    variables: CommandVariables | None = None
    proof: CommandProof | None = None


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)  # generated methods cost import time
class Marker:
    """What is planted before, and must be gone afterwards, so that the reset is seen to work."""

    create: str
    body: Any = None
    id: str = "id"
    read: str
    identity: str = ""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)  # generated methods cost import time
class Reset:
    """How the system forgets what a suite left, called before each suite."""

    operation: str = ""
    body: Any = None
    identity: str = ""
    command: tuple[str, ...] = ()
    timeout: float = 60.0
    marker: Marker | None = None


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)  # generated methods cost import time
class SandboxOptions:
    """Options of the embedded sandbox."""

    serves: str = "theodore"
    realm_key_env: str = ""
    database: str = "sqlite://"
    delay_scale: float = 1
    analytics_cache: float = 900.0
    providers: tuple[str, ...] = ()
    dependencies: dict[str, str] = field(default_factory=dict)
    signing_key_env: str = ""
    provider_key_env: dict[str, str] = field(default_factory=dict)
    defects: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)  # generated methods cost import time
class SystemEntry:
    """A system under test."""

    extends: str = ""
    url: str = ""
    prefix: str = ""
    timeout: float = 10.0
    contract: str = ""
    operations: list[Any] = field(default_factory=list)
    conventions: Conventions | None = None
    identities: dict[str, IdentityEntry] = field(default_factory=dict)
    sign_in: SignIn | None = None
    sign_out: str = ""
    proof: Proof | None = None
    build: Build | None = None
    public: tuple[str, ...] = ()
    admin: tuple[str, ...] = ()
    skip: Any = None
    values: dict[str, Any] = field(default_factory=dict)
    shared: tuple[str, ...] = ()
    jwt: Jwt | None = None
    callback: Callback | None = None
    plant: Canary | None = None
    tls: Tls | None = None
    http_proxy: str = ""
    links: dict[str, Link] = field(default_factory=dict)
    services: str = "doubles"
    providers: dict[str, Provider] = field(default_factory=dict)
    control: str = ""
    proxies: ProxyServer | None = None
    processes: dict[str, str] = field(default_factory=dict)
    containers: dict[str, str] = field(default_factory=dict)
    docker: str = ""
    disks: dict[str, str] = field(default_factory=dict)
    namespaces: dict[str, str] = field(default_factory=dict)
    clocks: dict[str, str] = field(default_factory=dict)
    stores: tuple[str, ...] = ()
    logs: tuple[str, ...] = ()
    dependencies: Dependencies | None = None
    cli: CommandLine | None = None
    reset: Reset | None = None
    vocabulary: str = ""
    session_store: str = ""
    sandbox: SandboxOptions | None = None


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)  # generated methods cost import time
class EnvironmentEntry:
    """An environment: which systems are tested, who uses them, what may be done to them and what can be observed."""

    name: str
    kind: str
    hosts: tuple[str, ...] = ()
    allow: Allowed | None = None
    locust: Locust | None = None
    clock_tolerance: float = 2.0
    companies: str = "companies.yaml"
    thresholds: str = "thresholds.yaml"
    waivers: str = "waivers.yaml"
    default: str = ""
    not_available: dict[str, NotAvailable] = field(default_factory=dict)
    systems: dict[str, SystemEntry]
