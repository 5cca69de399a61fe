"""A system under test: where it is, who uses it, requests to it, and what its answers are held to."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cached_property
from typing import Any, TYPE_CHECKING

from theodore_qa.errors import NotEvaluatedError, QaError, unknown, UnreachableError, UsageError
from theodore_qa.observing.observations import EVERY_ANSWER, LIVE_ANSWER, recorder, Verdict
from theodore_qa.systems import safety
from theodore_qa.systems.addresses import origin
from theodore_qa.systems.authentication import Authenticator
from theodore_qa.systems.client import Client
from theodore_qa.systems.declared import SignIn
from theodore_qa.systems.nobody import NOBODY
from theodore_qa.systems.proof import Prover

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from theodore_qa.faults.proxies import Proxies
    from theodore_qa.observing.checks import Checks
    from theodore_qa.sandbox import Sandbox
    from theodore_qa.systems.contract import Contract
    from theodore_qa.systems.declared import SystemEntry
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.identities import Identity
    from theodore_qa.systems.settings import EnvironmentSettings, Waiver

EMBEDDED = "embedded"
JSON = {"Content-Type": "application/json"}


class System:
    """One system of the environment; whatever it needs is opened when it is first needed."""

    def __init__(self, name: str, entry: SystemEntry, identities: dict[str, Identity], environment: EnvironmentSettings) -> None:
        self.name = name
        self.declared = entry
        self.identities = identities
        self.environment = environment
        self.proved: dict[str, str] = {}
        self.used = False
        self._running: SystemEntry | None = None  # the entry of an embedded sandbox that was started
        self._sandbox: Sandbox | None = None
        self._client: Client | None = None
        self._proxies: Proxies | None = None
        self._beside: dict[str, Client] = {}

    def __str__(self) -> str:
        return f"the system {self.name}"

    # Where it is

    @property
    def embedded(self) -> bool:
        """Whether it is a sandbox that we start ourselves."""
        return self.declared.url == EMBEDDED

    @property
    def base(self) -> str:
        """The name of the description that it extends, such as theodore; its own name if it extends none."""
        return self.declared.extends.rpartition("/")[2].partition(".")[0] or self.name

    @property
    def entry(self) -> SystemEntry:
        """What the environment file says of it, with the addresses of the sandbox where it is embedded."""
        if not self.used:
            self.start()
        return self._running or self.declared

    def start(self) -> None:
        """Start its sandbox where it is embedded, unless it runs already."""
        if self.embedded and self._running is None:
            self._sandbox = self.new_sandbox()
            self._running = self._sandbox.described(self.declared)
            proof = self._running.proof
            self.proved = {"value": str(proof.value)} if proof else {}
        self.used = True

    def new_sandbox(self) -> Sandbox:
        """Start a sandbox with its identities, for the caller to stop."""
        from theodore_qa import sandbox

        return sandbox.start(self.declared, self.identities)

    @property
    def url(self) -> str:
        """Its address, through its proxy once there is one."""
        entry = self.entry
        return (self._proxies.api if self._proxies and self._proxies.api else entry.url).rstrip("/")

    @property
    def folder(self) -> Path:
        """The folder of the environment file, beside which its files stand."""
        return self.environment.path.parent

    @cached_property
    def prefix(self) -> str:
        """What stands before each path of its contract; empty for nothing."""
        return self.contract.prefix

    def full(self, path: str) -> str:
        """A path of the contract, or below the prefix, as it is sent; one that is written with the prefix is understood too."""
        return self.contract.full(path)

    def located(self, operation: str) -> tuple[str, str]:
        """Method and path, as they are sent, of an operation that a description names; it may name it with the prefix."""
        return self.contract.located(operation)

    def is_own(self, url: str) -> bool:
        """Whether a URL is one of this system, reached directly or through its proxy."""
        return origin(url) in (origin(self.url), origin(self.entry.url))

    # What belongs to it

    @property
    def client(self) -> Client:
        """The client of this system."""
        if not self.used:
            self.start()
        if self._client is None:
            self._client = self.new_client()
        return self._client

    def new_client(self, url: str = "", **options: Any) -> Client:
        """A client of this system, or of another address of it."""
        entry = self.entry
        options = {"timeout": entry.timeout, "tls": self.tls, "proxy": entry.http_proxy} | options
        return Client(url or self.url, self.environment.hosts, **options)

    def beside(self, base: str) -> Client:
        """A client of an address beside this system, such as an identity provider's; its host is listed too."""
        if base not in self._beside:
            self._beside[base] = self.new_client(base)
        return self._beside[base]

    @property
    def tls(self) -> Any:
        """Whom to trust, with files as they are found from here."""
        tls = self.entry.tls
        files = {key: str(self.folder / getattr(tls, key)) for key in ("ca", "certificate", "key") if tls and getattr(tls, key)}
        return replace(tls, **files) if tls else None

    @cached_property
    def authenticator(self) -> Authenticator:
        """Who is signed in, and how."""
        return self.new_authenticator(self)

    def new_authenticator(self, sender: Any, elsewhere: Callable[[], str] | None = None) -> Authenticator:
        """An authenticator whose requests another sender sends; ``elsewhere`` gives another address to send from."""
        from theodore_qa.systems import oauth

        self.start()
        way = self.declared.sign_in or SignIn()

        def token(identity: Identity) -> tuple[str, float | None]:
            return oauth.token(oauth.party_of(self.name, self.url, self.beside, self.entry.sign_in), identity)

        made = Authenticator(self.name, way, sender, self.located, token, elsewhere)
        if self.declared.proof and self.declared.proof.operation:
            made.challenging = self.declared.proof.operation
        return made

    @cached_property
    def contract(self) -> Contract:
        """What its answers are held to."""
        from theodore_qa.systems.contract import Contract

        return Contract(self.name, self.declared, self.environment, self._served)

    def _served(self, path: str) -> tuple[str, str]:
        """The document that it serves, to nobody or to its first identity."""
        client = self.new_client()
        source = f"{self.url}{path}"
        try:
            answer = client.send("GET", path)
            if answer.status in (401, 403) and self.identities:
                identity = self.identity()
                credentials = self.authenticator.credentials(identity, "GET", path)
                answer = client.send("GET", path, credentials, certificate=identity.client_certificate)
        finally:
            client.close()
        if not answer.ok:
            observed = f"{answer.status} with {answer.excerpt(80)}" if answer.status else f"no answer ({answer.problem})"
            raise QaError(f"Expected the contract of {self.name} at {source}, observed {observed}.")
        return answer.text, source

    @property
    def strict(self) -> bool:
        """Whether a status that the contract does not name is a violation at every answer."""
        return bool(self.declared.conventions and self.declared.conventions.only_documented_statuses)

    @property
    def challenge(self) -> str:
        """The scheme that a 401 asks for; empty where no convention names one."""
        return self.declared.conventions.challenge if self.declared.conventions else ""

    # Who asks

    def identity(self, name: str | None = None) -> Identity:
        """The identity ``name``, or the first one; those of an embedded sandbox get their passwords when it is started."""
        if not self.used:
            self.start()
        where = f"the system {self.name} of {self.environment.path.name}"
        if not self.identities:
            raise UsageError(f"There are no identities in {where}, and one is needed here: add it under 'identities'.")
        if name is None:
            return next(iter(self.identities.values()))
        if name not in self.identities:
            raise unknown("identity", name, self.identities, where)
        return self.identities[name]

    def sender(self, name: str | None) -> Identity | None:
        """Who sends a request: the identity ``name``, the first one without a name, nobody for NOBODY and where there is none."""
        if name == NOBODY or (name is None and not self.identities):
            return None
        return self.identity(name)

    def token(self, name: str | None = None) -> str:
        """The token of an identity, which is signed in when it first needs one."""
        return self.authenticator.token(self.identity(name))

    # Requests

    def send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        *,
        certificate: tuple[str, str] | None = None,
        patient: bool = False,  # noqa: ARG002  # a scan waits for limits, this client tells them
    ) -> Exchange:
        """Send a request to a full path and judge its answer; no answer is an error that names URL and entry."""
        if self.environment.kind == "production":
            self.refuse_changes(method, path)
        exchange = self.client.send(method, path, headers, body, certificate=certificate)
        if not exchange.status and certificate and exchange.problem.startswith("TLS failed"):
            raise NotEvaluatedError(
                f"{self.name} at {self.url} does not accept the client certificate {certificate[0]} ({exchange.problem}): "
                f"check the identity's 'certificate' in {self.environment.path.name}."
            )
        if not exchange.status:
            raise UnreachableError(self.unanswered(exchange))
        recorder.exchanged(exchange.text)
        if exchange.problem:
            raise QaError(f"{method} {path} of {self.name} answered {exchange.status}, but {exchange.problem}.")
        self.judge(exchange)
        return exchange

    def judge(self, exchange: Exchange) -> None:
        """Hold an answer to what this system keeps to, once, and record what it violates."""
        self.contract.hold(exchange)
        lenient = not self.strict and self.contract.undocumented(exchange)
        self.contract.note(broken := exchange.wrong[lenient:])  # the first one says that the status is not documented
        for violation in broken:
            aside, subject = violation not in exchange.stale, f"{exchange.method} {exchange.path}"
            check = EVERY_ANSWER if aside else LIVE_ANSWER
            recorder.record(check, "as the system has promised", violation, Verdict.FAIL, subject=subject, aside=aside)

    def request(
        self,
        method: str,
        path: str,
        *,
        json_body: Any = None,
        identity: Identity | None = None,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> Exchange:
        """Send a request below the prefix, as an identity, with a token, or as nobody; return the answer whatever its status."""
        full = self.full(path)
        body = content if content is not None else json.dumps(json_body).encode() if json_body is not None else b""
        known = self.authenticator.credentials(identity, method, full) if identity else {}
        if token is not None:
            known = self.token_headers(token)
        sent = (JSON if json_body is not None else {}) | known | dict(headers or {})
        return self.send(
            method,
            self.authenticator.signed_path(identity, full) if identity else full,
            sent,
            body,
            certificate=identity.client_certificate if identity else None,
        )

    def token_headers(self, token: str) -> dict[str, str]:
        """The header in which a token goes to this system."""
        way = self.declared.sign_in or SignIn()
        return {way.header: f"{way.scheme} {token}".strip()} if token else {}

    def unanswered(self, exchange: Exchange) -> str:
        """The sentence for a request that was not answered."""
        name = self.environment.path.name
        request = f"{exchange.method} {exchange.path}"
        unanswered = f"The entry systems.{self.name}.url names {self.url}, and {request} was not answered there"
        if exchange.problem.startswith("not complete"):
            waited = exchange.problem.rpartition("within ")[2]
            return f"{unanswered} within {waited}: check that the system is up, or raise systems.{self.name}.timeout in {name}."
        return f"{unanswered} ({exchange.problem}): start the system, or correct the entry in {name}."

    # What may be done to it

    def permit(self, action: str) -> None:
        """Raise unless the environment grants a hostile ``action`` and this system proves to be the one that is meant.

        It is asked each time, before the first hostile request. ``action`` is ``active_scan``, ``chaos`` or ``destructive``.
        """
        safety.granted(action, self.environment)
        self.proved = {"value": self.prover.require()}

    def granted(self, action: str) -> None:
        """Raise unless the environment grants a hostile ``action`` at all."""
        safety.granted(action, self.environment)

    def refuse_changes(self, method: str, path: str) -> None:
        """Raise for a request that may change something in production; signing in and out is allowed."""
        named = (self.declared.sign_in.operation if self.declared.sign_in else "", self.declared.sign_out)
        safety.refuse_changes(self.environment, method, path, map(self.located, filter(None, named)))

    @property
    def prover(self) -> Prover:
        """What asks it which one it is."""
        return Prover(
            self.name, self.url, self.entry, self.environment, self._asked_as, lambda: self.new_client().peer_certificate()
        )

    def _asked_as(self, operation: str, name: str) -> tuple[str, Exchange]:
        method, path = self.located(operation)
        identity = self.identities.get(name) if name else None
        credentials = self.authenticator.credentials(identity, method, path)
        return f"{method} {path}", self.send(method, self.authenticator.signed_path(identity, path), credentials)

    def prove(self) -> str:
        """Ask which one it is, where the environment says which is meant; returns what is wrong with its answer."""
        if self.proved or not self.prover.is_possible:
            return ""
        try:
            self.proved = {"value": self.prover.identify()}
        except QaError as error:
            return str(error).rstrip(".")
        return ""

    def capped(self, rate: float) -> float:
        """A rate of requests a second, at most what the environment grants for load."""
        most = self.environment.allow.load_max_rps
        return min(rate, most) if most else rate

    def waiver(self, entry: str) -> Waiver | None:
        """Why the environment openly does without an entry of this system."""
        return self.environment.waiver(self.name, entry)

    def lacks(self, checks: Checks, check: str, expected: str, reason: str, entry: str) -> Waiver | None:
        """Record that a check is not evaluated for want of an entry, waived where the environment openly does without it."""
        waiver = self.waiver(entry)
        checks.not_evaluated(check, expected, reason, waived=str(waiver or ""), entry=f"{self.name}.{entry}")
        return waiver

    # What it stands on

    def proxied(self) -> Proxies:
        """The fault proxies on its links; from the first call on it is reached through them."""
        if self._proxies is None:
            from theodore_qa.faults.proxies import open_proxies

            self._proxies = open_proxies(self.entry, str(self), self.environment.path.name, standing=not self.embedded)
            if self._proxies is None:
                raise NotEvaluatedError(f"the environment {self.environment.name} names no proxies on the links of {self.name}")
            if self._client:  # it still goes straight to the system
                self._client.close()
                self._client = None
        return self._proxies

    def end_suite(self) -> None:
        """End its sessions; an embedded sandbox that was used forgets everything."""
        vars(self).pop("authenticator", None)
        if self._sandbox and self.used:
            self._sandbox.reset()
        self.used = False

    @property
    def started(self) -> bool:
        """Whether its embedded sandbox runs."""
        return self._sandbox is not None

    def close(self) -> None:
        """Close and stop everything; it can be used anew afterwards."""
        for opened in (self._client, *self._beside.values(), self._proxies):
            if opened:
                opened.close()
        if self._sandbox:
            self._sandbox.stop()
        declaration = (self.name, self.declared, self.identities, self.environment)
        vars(self).clear()
        self.__init__(*declaration)  # type: ignore[misc]  # as new
