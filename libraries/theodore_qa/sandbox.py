"""The embedded sandbox as a process: started, reset, given defects and stopped, never imported."""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field, replace
from typing import Any, IO, TYPE_CHECKING

from theodore_qa.errors import QaError, UsageError
from theodore_qa.redaction.secrets import secrets as registry
from theodore_qa.systems.declared import Link, SandboxOptions, Tls

if TYPE_CHECKING:
    from theodore_qa.systems.declared import SystemEntry
    from theodore_qa.systems.system import System

DEFECTS_VARIABLE = "THEODORE_SANDBOX_DEFECTS"
DATABASE_VARIABLE = "THEODORE_SANDBOX_DATABASE"
PROVIDERS = ("openai", "gemini", "bedrock")
LINKS = ("search", "web", *PROVIDERS, "vectors")


@dataclass(eq=False, repr=False)  # generated methods cost import time
class Sandbox:
    """A running sandbox: its addresses, and the process whose life hangs on our end of its standard input."""

    process: subprocess.Popen[str]
    errors: IO[str]
    instance: str
    urls: dict[str, str] = field(default_factory=dict)
    files: dict[str, list[str]] = field(default_factory=dict)

    def links(self) -> dict[str, Link]:
        """Its dependency links: all are recorded in one journal, and each can be told to misbehave."""
        journal = self.urls["journal"]
        return {name: Link(calls=f"{journal}/calls", behaviour=f"{journal}/behaviours/{name}") for name in LINKS}

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
        )

    def reset(self) -> None:
        """Forget all jobs, sessions and recorded calls."""
        for name in ("control", "journal"):
            _post(f"{self.urls[name]}/reset")

    def stop(self) -> None:
        """End it and wait until it is gone."""
        if self.process.stdin:
            self.process.stdin.close()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()
        self.errors.close()


def make_passwords(system: System) -> None:
    """Make up, for this process and its children, the passwords that are unset; for the embedded sandbox only."""
    named = [identity.password_env for identity in system.identities.values()]
    if variable := _options(system).signing_key_env:
        named.append(variable)
    for name in named:
        if not os.environ.get(name):
            os.environ[name] = secrets.token_urlsafe(24)
        registry.add(os.environ[name], name)


def _options(system: System) -> SandboxOptions:
    return system.declared.sandbox or SandboxOptions()


def start(system: System) -> Sandbox:
    """Start a sandbox with the identities of ``system`` and wait until it serves."""
    make_passwords(system)
    named = os.environ.get(DEFECTS_VARIABLE, "")
    declared = _options(system)
    options: dict[str, Any] = {
        "database": declared.database,
        "delay_scale": declared.delay_scale,
        "dependencies": declared.dependencies,
        "defects": list(declared.defects),
        "users": [
            {
                "username": one.username,
                "password": one.password(),
                "role": one.role,
                "tenant": one.tenant,
                "limits": one.limits,
            }
            for one in system.identities.values()
        ],
    }
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
    errors = tempfile.TemporaryFile("w+")  # noqa: SIM115  # lives as long as the process
    process = subprocess.Popen(
        [sys.executable, "-m", "theodore_sandbox"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        start_new_session=True,
        env={name: value for name, value in os.environ.items() if not name.startswith("ROBOT")},
    )
    line = ""
    if process.stdin and process.stdout:
        process.stdin.write(json.dumps(options) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
    if not line:
        errors.seek(0)
        said = errors.read().strip().splitlines()
        process.wait()
        reason = re.sub(r"^[\w.]+(Error|Exception): ", "", said[-1]).rstrip(".") if said else "it said nothing"
        raise QaError(f"The embedded sandbox did not start: {reason}.")
    ready = json.loads(line)
    return Sandbox(process, errors, ready["instance"], ready["urls"], ready["files"])


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
        if answer.status != 200:  # noqa: PLR2004
            raise UsageError(f"The sandbox refused POST {url} with {answer.status}.")
