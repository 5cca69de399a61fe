"""Identities: who uses a system, and by which secrets."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from theodore_qa.errors import NotEvaluatedError
from theodore_qa.redaction.secrets import secrets
from theodore_qa.systems.declared import IdentityEntry

if TYPE_CHECKING:
    from theodore_qa.systems.declared import SignIn

OAUTH = ("client_credentials", "password", "authorization_code")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)  # generated methods cost import time
class Identity(IdentityEntry):
    """Somebody who uses a system; secrets are read from the environment when they are needed."""

    name: str
    way: SignIn  # how it signs in: its own entries before those of the system

    def secret(self, variable: str) -> str:
        """The secret in an environment variable; unset or empty is an error that names it."""
        value = os.environ.get(variable, "")
        if not value:
            raise NotEvaluatedError(
                f"The identity '{self.name}' has its secret in the environment variable {variable}, which is not set: "
                f"set it before the run."
            )
        secrets.add(value, variable)
        return value

    def password(self) -> str:
        """The password."""
        return self.secret(self.password_env)

    @property
    def variables(self) -> list[str]:
        """The environment variables that hold its secrets."""
        client = self.client_secret_env or (self.way.client_secret_env if self.way.how in OAUTH else "")
        named = (self.password_env, self.token_env, client, self.totp_env)
        return [variable for variable in named if variable]

    @property
    def ready(self) -> bool:
        """Whether all secrets that are named are set."""
        return all(os.environ.get(variable) for variable in self.variables)

    @property
    def signs_in(self) -> bool:
        """Whether it has a name and a password of its own to sign in with."""
        return bool(self.password_env)

    @property
    def client_certificate(self) -> tuple[str, str] | None:
        """The files by which it is known where TLS is mutual."""
        return (self.certificate, self.key) if self.certificate else None
