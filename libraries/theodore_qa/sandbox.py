"""The embedded sandbox as a process: started, reset, given defects and stopped, never imported."""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, IO, TYPE_CHECKING

from theodore_qa import children, extras
from theodore_qa.errors import NotEvaluatedError, UsageError
from theodore_qa.redaction.secrets import secrets as registry
from theodore_qa.systems.declared import Link, SandboxOptions, Tls
from theodore_qa.systems.files import read_yaml
from theodore_qa.systems.second_factor import period_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from theodore_qa.systems.declared import SystemEntry
    from theodore_qa.systems.identities import Identity
    from theodore_qa.systems.settings import EnvironmentSettings

DEFECTS_VARIABLE = "THEODORE_SANDBOX_DEFECTS"
DATABASE_VARIABLE = "THEODORE_SANDBOX_DATABASE"
WEBHOOK_VARIABLE = "THEODORE_WEBHOOK_KEY"  # by which the sandbox signs what it sends
PROMPTCRAFT = "promptcraft"
SESSIONS = "sessions"  # the process of its session store
NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"
PROVIDERS = ("openai", "gemini", "bedrock")


@dataclass(eq=False, repr=False)  # generated methods cost import time
class Sandbox:
    """A running sandbox: its addresses, and the process whose life hangs on our end of its standard input."""

    process: subprocess.Popen[str]
    errors: IO[str]
    instance: str
    urls: dict[str, str] = field(default_factory=dict)
    files: dict[str, list[str]] = field(default_factory=dict)
    link_names: tuple[str, ...] = ()

    def links(self) -> dict[str, Link]:
        """Its dependency links: all are recorded in one journal, and each can be told to misbehave."""
        journal = self.urls["journal"]
        return {name: Link(calls=f"{journal}/calls", behaviour=f"{journal}/behaviours/{name}") for name in self.link_names}

    def described(self, declared: SystemEntry) -> SystemEntry:
        """The system's entry with the addresses of this sandbox."""
        authority = next(iter(self.files.get("authority", [])), "")
        return replace(
            declared,
            url=self.urls["api"],
            control=self.urls["control"],
            proof=replace(declared.proof, value=self.instance) if declared.proof else None,
            links=self.links(),
            tls=Tls(url=self.urls.get("tls", ""), ca=authority),
            stores=tuple(self.files["stores"]),
            logs=tuple(self.files["logs"]),
            **self._identity_provider(declared),
        )

    def _identity_provider(self, declared: SystemEntry) -> dict[str, Any]:
        """Where its sessions are stored, and the address of its identity provider, at which the issuer's path is served."""
        found: dict[str, Any] = {}
        if sessions := self.files.get("sessions"):
            found["session_store"] = sessions[0]
            found["processes"] = {**declared.processes, SESSIONS: self.files["session_pid"][0]}
        if "provider" in self.urls and declared.sign_in and not elsewhere(declared):
            found["sign_in"] = replace(declared.sign_in, issuer=self.urls["provider"] + declared.sign_in.issuer)
        return found

    def reset(self) -> None:
        """Forget all jobs, sessions and recorded calls."""
        for name in ("control", "journal"):
            _post(f"{self.urls[name]}/reset")

    def stop(self) -> None:
        """End it and wait until it is gone."""
        children.end(self.process)
        self.errors.close()


def make_passwords(entry: SystemEntry, identities: Mapping[str, Identity]) -> list[str]:
    """Make up, for this process and its children, the passwords that are unset; returns their variables."""
    codes = [who.totp_env for who in identities.values() if who.totp_env and not os.environ.get(who.totp_env)]
    os.environ.update({name: base64.b32encode(secrets.token_bytes(20)).decode() for name in codes})
    named = [WEBHOOK_VARIABLE]
    named += [name for who in identities.values() for name in (who.password_env, who.client_secret_env) if name]
    if entry.sign_in and entry.sign_in.client_secret_env:
        named.append(entry.sign_in.client_secret_env)
    if variable := _options(entry).signing_key_env:
        named.append(variable)
    unset = codes + [name for name in named if not os.environ.get(name)]
    named += [who.totp_env for who in identities.values() if who.totp_env]
    if (variable := _options(entry).realm_key_env) and not os.environ.get(variable) and (key := _new_realm_key()):
        os.environ[variable] = key
        unset.append(variable)
    named += [variable] if os.environ.get(variable) else []
    for name in named:
        if not os.environ.get(name):
            os.environ[name] = secrets.token_urlsafe(24)
        registry.add(os.environ[name], name)
    return unset


def _new_realm_key() -> str:
    """A private key on the curve P-256, PKCS 8 in DER and base64; without the package cryptography no key is needed."""
    if extras.lacking("cryptography"):
        return ""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    coded = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return base64.b64encode(coded).decode()


def elsewhere(entry: SystemEntry) -> str:
    """The issuer of an identity provider that runs elsewhere, in place of the embedded one; its address is whole."""
    issuer = entry.sign_in.issuer if entry.sign_in else ""
    return issuer.rstrip("/") if issuer.startswith(("http://", "https://")) else ""


def _options(entry: SystemEntry) -> SandboxOptions:
    return entry.sandbox or SandboxOptions()


def start(entry: SystemEntry, identities: Mapping[str, Identity]) -> Sandbox:
    """Start the sandbox of a system with its identities, and wait until it serves."""
    make_passwords(entry, identities)
    named = os.environ.get(DEFECTS_VARIABLE, "")
    declared = _options(entry)
    options: dict[str, Any] = {
        "serves": declared.serves,
        "database": declared.database,
        "delay_scale": declared.delay_scale,
        "dependencies": declared.dependencies,
        "defects": list(declared.defects),
        "users": [
            {
                "username": identity.username,
                "password": identity.password(),
                "role": identity.role,
                "tenant": identity.tenant,
                "limits": identity.limits,
                **({"totp": os.environ[identity.totp_env], "totp_period": period_of(identity)} if identity.totp_env else {}),
            }
            for identity in identities.values()
            if identity.username
        ],
    }
    options["webhook_key"] = os.environ[WEBHOOK_VARIABLE]
    if declared.serves == PROMPTCRAFT:
        extras.demand("cryptography", "the sandbox of PromptCraft")
        extras.demand("redis", "the sandbox of PromptCraft")
        options["realm_key"] = os.environ.get(declared.realm_key_env) or _new_realm_key()
        options["clients"] = _clients(entry, identities)
        options["issuer"] = elsewhere(entry)
        options["analytics_cache_seconds"] = declared.analytics_cache
    if declared.providers:
        options["providers"] = list(declared.providers)
    if declared.signing_key_env:
        options["signing_key"] = os.environ[declared.signing_key_env]
    if declared.provider_key_env:
        options["provider_keys"] = {name: _key(name, declared.provider_key_env) for name in PROVIDERS}
    if named:
        options["defects"] = [name.strip() for name in named.split(",")]
    if os.environ.get(DATABASE_VARIABLE):
        options["database"] = os.environ[DATABASE_VARIABLE]
    if options["database"].startswith("postgresql"):
        extras.demand("psycopg", "a sandbox on PostgreSQL")
    errors = tempfile.TemporaryFile("w+")  # noqa: SIM115  # lives as long as the process
    process = subprocess.Popen(
        [sys.executable, "-m", "theodore_sandbox"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        start_new_session=True,
        # Without bytecode each of its many starts would compile a thousand modules, and the first research some more.
        env={name: value for name, value in os.environ.items() if name != NO_BYTECODE and not name.startswith("ROBOT")},
    )
    line = children.instruct(process, options)
    if not line:
        errors.seek(0)
        lines = errors.read().strip().splitlines()
        process.wait()
        reason = re.sub(r"^[\w.]+(Error|Exception): ", "", lines[-1]).rstrip(".") if lines else "it said nothing"
        raise NotEvaluatedError(f"The embedded sandbox did not start: {reason}.")
    ready = json.loads(line)
    return Sandbox(process, errors, ready["instance"], ready["urls"], ready["files"], tuple(ready["links"]))


def _clients(entry: SystemEntry, identities: Mapping[str, Identity]) -> list[dict[str, str]]:
    """The OAuth clients of identities that are programs, and the one by which people sign in."""
    way = entry.sign_in
    clients = [
        {
            "client_id": identity.client_id,
            "secret": identity.secret(identity.client_secret_env),
            "role": identity.role,
            "tenant": identity.tenant,
        }
        for identity in identities.values()
        if identity.client_id and identity.client_secret_env
    ]
    if way and way.client_id and way.client_secret_env:
        clients.append({"client_id": way.client_id, "secret": os.environ[way.client_secret_env]})
    return clients


def known_defects() -> list[dict[str, Any]]:
    """The defects as the sandbox knows them, asked of a process of its own."""
    defects: list[dict[str, Any]] = _listed("defects")
    return defects


def presets() -> dict[str, list[str]]:
    """The names that stand for several defects, each with their names."""
    found: dict[str, list[str]] = _listed("presets")
    return found


def _listed(kind: str) -> Any:
    done = subprocess.run([sys.executable, "-m", "theodore_sandbox", kind], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def write_environment(
    settings: EnvironmentSettings,
    running: Mapping[str, tuple[SystemEntry, Sandbox]],
    path: Path,
    urls: Mapping[str, str] | None = None,
    without: Sequence[str] = (),
) -> None:
    """Write an environment file for sandboxes that run.

    Args:
        settings: of the environment that describes them.
        running: entry and sandbox of each system.
        path: of the new file.
        urls: where systems are reached if something stands before them.
        without: systems that are left out.
    """
    import yaml

    data = read_yaml(settings.path)
    for name in without:
        del data["systems"][name]
    for name, (declared, sandbox) in running.items():
        entry = data["systems"][name]
        entry.pop("sandbox", None)
        entry |= {
            "url": (urls or {}).get(name) or sandbox.urls["api"],
            "proof": {"value": sandbox.instance},
            "control": sandbox.urls["control"],
            "links": {name: {"calls": link.calls, "behaviour": link.behaviour} for name, link in sandbox.links().items()},
            "timeout": f"{declared.timeout} s",
        }
        described = sandbox.described(declared)
        if described.session_store:
            entry |= {
                "session_store": described.session_store,
                "processes": dict(described.processes),
                "stores": list(described.stores),
                "sign_in": entry.get("sign_in", {}) | {"issuer": described.sign_in.issuer if described.sign_in else ""},
            }
    data |= {
        "name": f"{settings.name}-up",
        "kind": "sandbox",
        "companies": str(settings.companies),
        "thresholds": str(settings.thresholds),
        "waivers": str(settings.waivers),
    }
    path.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")


def _key(provider: str, variables: dict[str, str]) -> str:
    """A provider's key from the environment variable that the file names; a double's is made up."""
    if provider not in variables:
        return f"{provider}-{secrets.token_hex(8)}:{secrets.token_urlsafe(24)}"
    key = os.environ.get(variables[provider], "")
    if not key:
        raise UsageError(f"The key of {provider} is to be in the environment variable {variables[provider]}, which is not set.")
    return key


def _post(url: str) -> None:
    import urllib.request

    request = urllib.request.Request(url, method="POST")  # noqa: S310  # our own sandbox on loopback
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  # our own sandbox on loopback
        if answer.status != HTTPStatus.OK:
            raise UsageError(f"The sandbox refused POST {url} with {answer.status}.")
