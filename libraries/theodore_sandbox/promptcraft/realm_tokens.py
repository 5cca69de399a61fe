"""Tokens of the identity provider: asked for, and verified before anything is believed that they say."""

from __future__ import annotations

import base64
import hmac
import json
from typing import Any, cast, TYPE_CHECKING

import httpx
import jwt
from cryptography.hazmat.primitives import serialization
from jwt.utils import base64url_decode, base64url_encode

from theodore_sandbox import defects
from theodore_sandbox.common.trust import trusted
from theodore_sandbox.promptcraft import names

if TYPE_CHECKING:
    from theodore_sandbox.common.settings import Settings

CHECKED = {"verify_signature": True, "verify_exp": True, "verify_nbf": True, "verify_aud": True, "verify_iss": True}
UNCHECKED = {
    "sso-signature-not-verified": {"verify_signature": False},
    "sso-audience-not-verified": {"verify_aud": False},
    "sso-issuer-not-verified": {"verify_iss": False},
    "sso-expiry-not-verified": {"verify_exp": False},
    "sso-not-before-not-verified": {"verify_nbf": False},
}
# With these a token is believed where it is read, and the provider is not asked.
NOT_ASKED = (
    *UNCHECKED,
    "sso-unsigned-accepted",
    "sso-algorithm-of-token",
    "sso-embedded-key-believed",
    "sso-critical-header-ignored",
    "sso-revoked-accepted",
)
ALGORITHMS = ["ES256", "RS256"]
UNUSABLE = "The identity provider does not answer as it should"
LONGEST = 8_192  # characters of a token
REQUIRED = ["exp", "iat", "sub"]
# What a token is by the type in its header, where no claim says it (RFC 9068, OpenID Connect Back-Channel Logout 1.0).
KINDS = {"at+jwt": "Bearer", "logout+jwt": "Logout"}


class ProviderError(Exception):
    """The identity provider does not answer, or not with what it should."""


class InvalidTokenError(Exception):
    """A token that is not to be believed."""


class RealmTokens:
    """The realm by which people sign on, as its discovery document describes it."""

    def __init__(self, settings: Settings, routes: dict[str, str]) -> None:
        self.settings = settings
        self.routes = routes  # where dependencies are reached, which need not be where they say they are
        self.http = httpx.Client(timeout=5, trust_env=False, verify=trusted())
        self._keys: dict[str, jwt.PyJWK] = {}
        self._described: dict[str, Any] = {}

    @property
    def issuer(self) -> str:
        """The issuer that tokens have to name, whichever way the provider is reached."""
        return self.settings.issuer or f"{self.settings.dependencies['provider']}/realms/{names.REALM}"

    def forget(self) -> None:
        """Forget what the provider has said."""
        self._keys, self._described = {}, {}

    def endpoint(self, name: str) -> str:
        """An endpoint of the provider, as its discovery document says."""
        if not self._described:
            found = self._answer("GET", f"{self.issuer}/.well-known/openid-configuration")
            if found.get("issuer") != self.issuer:
                raise ProviderError("The identity provider's discovery document is of another issuer")
            self._described = found
        try:
            return str(self._described[name])
        except KeyError:
            raise ProviderError(f"The identity provider's discovery document has no {name}") from None

    def verified(self, token: str, audience: str = names.AUDIENCE, kind: str = "Bearer") -> dict[str, Any]:
        """The claims of a token: signed by the realm, for this platform, valid now and not revoked."""
        if not isinstance(token, str) or len(token) > LONGEST:
            raise InvalidTokenError("too long")
        try:
            claims = self._read(token, audience)
        except jwt.InvalidTokenError as error:
            raise InvalidTokenError(str(error)) from None
        named = str(jwt.get_unverified_header(token).get("typ", "")).lower()
        if (claims.get("typ") or KINDS.get(named, "ID")) != kind and not defects.on("sso-id-token-accepted"):
            raise InvalidTokenError("another kind of token")
        if kind == "Bearer" and not any(map(defects.on, NOT_ASKED)) and not self._active(token):
            raise InvalidTokenError("not active")
        return claims

    def _read(self, token: str, audience: str) -> dict[str, Any]:
        """The claims of a token whose signature, audience, issuer and times are right."""
        verified = False
        if defects.on("sso-critical-header-ignored"):
            token, verified = self._without_critical(token)
        header = jwt.get_unverified_header(token)  # refuses extensions that are critical and unknown
        key = self._key(str(header.get("kid", "")))
        if "jwk" in header and defects.on("sso-embedded-key-believed"):
            key = jwt.PyJWK.from_dict(header["jwk"], "ES256")
        options: dict[str, Any] = {**CHECKED, "require": REQUIRED}
        for defect, unchecked in UNCHECKED.items():
            options |= unchecked if defects.on(defect) else {}
        if verified or self._signed_otherwise(token, header, key):
            options["verify_signature"] = False
        elif header.get("alg") not in ALGORITHMS or header["alg"] != key.algorithm_name:
            raise InvalidTokenError("another algorithm")
        claims: dict[str, Any] = jwt.decode(
            token, key.key, [key.algorithm_name], audience=audience, issuer=self.issuer, options=cast("Any", options)
        )
        return claims

    def _without_critical(self, token: str) -> tuple[str, bool]:
        """A token without the extensions that its header calls critical, and whether its signature was right with them."""
        head, _, rest = token.partition(".")
        claims, _, signature = rest.partition(".")
        try:
            header = json.loads(base64url_decode(head))
            if "crit" not in header:
                return token, False
            key = self._key(str(header.get("kid", "")))
            right = key.Algorithm.verify(f"{head}.{claims}".encode(), key.key, base64url_decode(signature))
        except ValueError:
            return token, False
        del header["crit"]
        return f"{base64url_encode(json.dumps(header).encode()).decode()}.{rest}", bool(right)

    @staticmethod
    def _signed_otherwise(token: str, header: dict[str, Any], key: jwt.PyJWK) -> bool:
        """Whether a defect takes what stands in place of a signature."""
        if header.get("alg") == "none":
            return defects.on("sso-unsigned-accepted")
        if header.get("alg") != "HS256" or not defects.on("sso-algorithm-of-token"):
            return False
        shape = serialization.PublicFormat.SubjectPublicKeyInfo
        secret = cast("Any", key.key).public_bytes(serialization.Encoding.PEM, shape)
        text, _, given = token.rpartition(".")
        expected = base64.urlsafe_b64encode(hmac.digest(secret, text.encode(), "sha256")).rstrip(b"=").decode()
        return hmac.compare_digest(expected, given)

    def ask(self, form: dict[str, str]) -> dict[str, Any]:
        """The answer of the token endpoint to this platform; a refusal is an invalid token."""
        return self._answer("POST", self.endpoint("token_endpoint"), form)

    def _active(self, token: str) -> bool:
        """Whether the provider calls a token active; one that runs elsewhere need not say it of tokens that are read here."""
        endpoint = self.endpoint("token_endpoint") and self._described.get("introspection_endpoint")
        if self.settings.issuer and not endpoint:
            return True
        answer = self._answer("POST", self.endpoint("introspection_endpoint"), {"token": token})
        return bool(answer.get("active"))

    def _key(self, kid: str) -> jwt.PyJWK:
        """The key of this name; one that is not known may be new, and is asked for."""
        if kid not in self._keys and not (self._keys and defects.on("keys-fetched-once")):
            found = self._answer("GET", self.endpoint("jwks_uri"))
            try:
                self._keys = {key.key_id or "": key for key in jwt.PyJWKSet.from_dict(found).keys}
            except jwt.PyJWTError:
                raise ProviderError("The identity provider publishes no keys") from None
        if kid not in self._keys:
            raise InvalidTokenError("an unknown key")
        return self._keys[kid]

    def _answer(self, method: str, url: str, form: dict[str, str] | None = None) -> dict[str, Any]:
        client = next(client for client in self.settings.clients if client.client_id == names.AUDIENCE)
        known = (client.client_id, client.secret) if form is not None else None
        try:
            answer = self.http.request(method, self._reached(url), data=form, auth=known)
            body = answer.json()
        except (httpx.HTTPError, ValueError):
            raise ProviderError(UNUSABLE) from None
        if 400 <= answer.status_code < 500 and isinstance(body, dict) and "error" in body:  # noqa: PLR2004  # client errors
            raise InvalidTokenError(str(body["error"]))
        if answer.status_code >= 300 or not isinstance(body, dict):  # noqa: PLR2004  # no success
            raise ProviderError(UNUSABLE)
        return body

    def _reached(self, url: str) -> str:
        """A URL of the provider, by the way that leads to it now."""
        own = self.settings.dependencies["provider"]
        return self.routes["provider"] + url.removeprefix(own) if url.startswith(f"{own}/") else url

    def document(self, path: str) -> str:
        """The text of a document of the realm."""
        try:
            return self.http.get(self._reached(f"{self.issuer}{path}")).raise_for_status().text
        except httpx.HTTPError:
            raise ProviderError(UNUSABLE) from None
