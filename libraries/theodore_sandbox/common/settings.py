"""The settings of a sandbox; one JSON line on standard input, because they hold passwords."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from theodore_sandbox.common import passwords


@dataclass
class User:
    """An account: its ``role``, its ``tenant``, and its rate ``limits``: ``production``, or ``room`` for 1000 times more.

    One with a secret in ``totp`` signs in with a code beside, which changes every ``totp_period`` seconds.
    """

    username: str
    password: str
    role: str = "user"
    tenant: str = "default"
    limits: str = "room"
    totp: str = ""
    totp_period: float = 30.0
    salt: str = ""
    digest: str = ""  # of the password with the salt

    def stored(self) -> User:
        """The account with its password's digest, as a store keeps it."""
        if self.digest:
            return self
        salt = secrets.token_hex(16)
        return replace(self, salt=salt, digest=passwords.digest(self.password, salt))


@dataclass
class OAuthClient:
    """A program that is known to the identity provider; one with a ``role`` acts for itself."""

    client_id: str
    secret: str = ""
    role: str = ""
    tenant: str = "default"


OVERRIDES = "overrides.json"
PROVIDERS = ("openai", "gemini", "bedrock")


def _synthetic_keys() -> dict[str, str]:
    """A synthetic key for each provider; Bedrock's is an access key id and its secret."""
    keys = {name: f"{name}-{secrets.token_urlsafe(24)}" for name in PROVIDERS}
    return keys | {"bedrock": f"AKIA{secrets.token_hex(8).upper()}:{secrets.token_urlsafe(30)}"}


@dataclass
class Settings:
    """The settings of a sandbox; by default it has no accounts."""

    serves: str = "theodore"
    users: list[User] = field(default_factory=list)
    clients: list[OAuthClient] = field(default_factory=list)
    realm_key: str = ""
    issuer: str = ""  # of an identity provider that runs elsewhere, in place of the embedded one
    database: str = "sqlite://"
    defects: list[str] = field(default_factory=list)
    delay_scale: float = 1.0
    max_pages: int = 8
    analytics_cache_seconds: float = 900.0
    dependencies: dict[str, str] = field(default_factory=dict)
    signing_key: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    webhook_key: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    providers: list[str] = field(default_factory=lambda: list(PROVIDERS))
    provider_keys: dict[str, str] = field(default_factory=_synthetic_keys)
    folder: str = ""
    restarted: bool = False
    instance: str = field(default_factory=lambda: "theodore-" + secrets.token_hex(6))

    @property
    def overrides(self) -> dict[str, Any]:
        """The changes at run time that outlive a restart: ``dependencies`` and ``defects``."""
        path = Path(self.folder) / OVERRIDES
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if self.folder and path.is_file() else {}
        return found

    def override(self, name: str, value: Any) -> None:
        """Store a change at run time, so that it outlives a restart."""
        if self.folder:
            text = json.dumps(self.overrides | {name: value})
            (Path(self.folder) / OVERRIDES).write_text(text, encoding="utf-8")

    @classmethod
    def from_json(cls, line: str) -> Settings:
        """The settings of one JSON line; names that are missing keep their defaults."""
        data = json.loads(line or "{}")
        data["users"] = [User(**user) for user in data.get("users", [])]
        data["clients"] = [OAuthClient(**client) for client in data.get("clients", [])]
        return cls(**data)

    def to_json(self) -> str:
        """One JSON line that :meth:`from_json` reads."""
        return json.dumps(asdict(self))
