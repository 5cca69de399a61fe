"""A realm: who may sign in, which programs are known, and the keys that sign its tokens."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime, UTC
from typing import Any, TYPE_CHECKING

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from theodore_sandbox import defects
from theodore_sandbox.promptcraft import names

if TYPE_CHECKING:
    from theodore_sandbox.common.settings import OAuthClient, User

ACCESS_SECONDS, REFRESH_SECONDS, CODE_SECONDS = 300, 1800, 60
VALID = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2099, 12, 31, tzinfo=UTC))  # of certificates, from and until
PUBLIC_CLIENT, OTHER_AUDIENCE = "promptcraft-web", "another-api"
SCOPE = "openid profile email"


@dataclass(frozen=True)
class Key:
    """A key that signs: its name, its algorithm and itself."""

    kid: str
    algorithm: str
    private: Any

    @classmethod
    def of(cls, private: Any) -> Key:
        """A key named by a digest of its public part."""
        algorithm = "ES256" if isinstance(private, ec.EllipticCurvePrivateKey) else "RS256"
        public = private.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return cls(hashlib.sha256(public).hexdigest()[:16], algorithm, private)

    def published(self) -> dict[str, Any]:
        """Its public part as a JSON Web Key."""
        maker: Any = jwt.get_algorithm_by_name(self.algorithm)
        part = self.private if defects.on("private-keys-published") else self.private.public_key()
        return {**json.loads(maker.to_jwk(part)), "kid": self.kid, "alg": self.algorithm, "use": "sig"}

    def certificate(self) -> str:
        """A certificate of the key, signed by itself, as base64 of DER: what SAML knows keys by."""
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.kid)])
        number = int(self.kid, 16)
        made = x509.CertificateBuilder(name, name, self.private.public_key(), number, *VALID)
        return base64.b64encode(made.sign(self.private, hashes.SHA256()).public_bytes(serialization.Encoding.DER)).decode()


@dataclass
class Realm:
    """One realm of the provider; ``issuer`` is its address."""

    name: str
    issuer: str
    users: dict[str, User]
    clients: dict[str, OAuthClient]
    keys: list[Key] = field(default_factory=list)
    codes: dict[str, dict[str, Any]] = field(default_factory=dict)
    refreshing: dict[str, dict[str, Any]] = field(default_factory=dict)
    redeemed: dict[str, str] = field(default_factory=dict)  # codes that were used, with the session that each has opened
    renewed: dict[str, str] = field(default_factory=dict)  # refresh tokens likewise
    browsers: dict[str, dict[str, Any]] = field(default_factory=dict)  # who has signed in, by the cookie
    ended: set[str] = field(default_factory=set)  # tokens by their jti, sessions by their sid
    waiting: dict[str, str] = field(default_factory=dict)  # whose password was right, and whose code is waited for
    used_codes: set[tuple[str, int]] = field(default_factory=set)  # of second factors, by name and period

    def wait(self, user: User) -> str:
        """Wait for the code of somebody; returns the key by which the page says whose code it is."""
        key = secrets.token_urlsafe(24)
        self.waiting[key] = user.username
        return key

    def forget(self) -> None:
        """Forget codes and sessions; a code of a second factor that was used stays used."""
        for kept in (self.codes, self.waiting, self.refreshing, self.redeemed, self.renewed, self.browsers, self.ended):
            kept.clear()

    def rotate(self) -> str:
        """Sign with a new key from now on; the old ones are published as before. Returns the new key's name."""
        self.keys.insert(0, Key.of(rsa.generate_private_key(public_exponent=65537, key_size=2048)))
        return self.keys[0].kid

    def retire(self) -> None:
        """Publish the present key alone."""
        del self.keys[1:]

    def subject(self, name: str) -> str:
        """The id of a user or of a program's account."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.name}/{name}"))

    def sign(self, claims: dict[str, Any]) -> str:
        """A token of the realm."""
        key = self.keys[0]
        return jwt.encode(claims, key.private, algorithm=key.algorithm, headers={"kid": key.kid})

    def read(self, token: str, *, signed: bool = True, alive: bool = True) -> dict[str, Any] | None:
        """The claims of a token of this realm that is valid now, or was once; None for any other."""
        try:
            kid = jwt.get_unverified_header(token).get("kid")
            key = next(key for key in self.keys if key.kid == kid)
            claims: dict[str, Any] = jwt.decode(
                token,
                key.private.public_key(),
                [key.algorithm],
                issuer=self.issuer,
                options={"verify_aud": False, "verify_exp": alive, "verify_signature": signed},
            )
        except (jwt.InvalidTokenError, StopIteration):
            return None
        ended = {claims.get("jti"), claims.get("sid")} & self.ended and not defects.on("introspection-of-revoked")
        return None if ended and alive else claims

    def issue(self, about: dict[str, Any]) -> dict[str, Any]:
        """The answer of the token endpoint: ``about`` says who, for which client and scope, in which session."""
        moment, name = int(time.time()), about["name"]
        session = about.setdefault("sid", str(uuid.uuid4()))
        role = f"promptcraft-{about['role']}"
        client = about["client_id"]
        shared = {"iss": self.issuer, "sub": self.subject(name), "iat": moment, "azp": client, "sid": session}
        who = {"preferred_username": name, "email": name, "organization": about["tenant"]}
        access = {
            **shared,
            **who,
            "aud": [OTHER_AUDIENCE if about.get("audience") == OTHER_AUDIENCE else names.AUDIENCE],
            "typ": "Bearer",
            "exp": moment + ACCESS_SECONDS,
            "jti": str(uuid.uuid4()),
            "scope": about["scope"],
            "realm_access": {"roles": [role]},
            "resource_access": {names.AUDIENCE: {"roles": list(names.PERMISSIONS.get(about["role"], ()))}},
        }
        answer = {
            "access_token": self.sign(access),
            "token_type": "Bearer",
            "expires_in": ACCESS_SECONDS,
            "scope": about["scope"],
            "session_state": session,
        }
        if about["grant"] != "client_credentials":
            renewal = secrets.token_urlsafe(32)
            self.refreshing[renewal] = {**about, "until": moment + REFRESH_SECONDS}
            answer |= {"refresh_token": renewal, "refresh_expires_in": REFRESH_SECONDS}
        if "openid" in about["scope"].split():
            identity = {**shared, **who, "aud": client, "typ": "ID", "exp": moment + ACCESS_SECONDS, "jti": str(uuid.uuid4())}
            stated = {name: about[name] for name in ("nonce", "auth_time") if about.get(name)}
            if defects.on("auth-time-left-out"):
                stated.pop("auth_time", None)
            answer["id_token"] = self.sign(identity | stated)
        return answer

    def logout_token(self, about: dict[str, Any]) -> str:
        """What tells a client that a session has ended (OpenID Connect Back-Channel Logout 1.0, 2.4)."""
        moment = int(time.time())
        about_session = {"sub": self.subject(about["name"]), "aud": about["client_id"], "sid": about["sid"]}
        when = {"iat": moment, "exp": moment + 120, "jti": str(uuid.uuid4())}
        return self.sign({"iss": self.issuer, **about_session, **when, "typ": "Logout", "events": {names.LOGGED_OUT: {}}})


def private_key(coded: str) -> Any:
    """A private key from PKCS 8 in DER and base64."""
    return serialization.load_der_private_key(base64.b64decode(coded), None)


def challenge_of(verifier: str) -> str:
    """The challenge of a verifier by S256 (RFC 7636, 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
