"""Tokens in every state: made from one that the provider has just given, and signed by whoever is not to be believed."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any, TYPE_CHECKING

from PromptCraftLibrary import sign_on
from theodore_qa import extras
from theodore_qa.errors import LackingError, NotEvaluatedError
from theodore_qa.systems import forged
from theodore_qa.systems.tokens import claims_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from PromptCraftLibrary.realm import Realm

LONG = 20_000  # characters
HOUR = 3600
FOREIGN_ISSUER = "https://id.example.test/realms/foreign"
MORE = "-qa"  # behind a name that is right: whoever looks at its beginning alone takes it


def fresh_id() -> str:
    """An identifier such as providers give."""
    import uuid  # brings the platform module, of which only these tokens have need

    return str(uuid.uuid4())


@dataclass
class Specimen:
    """A genuine token of an identity, with what is needed to make others from it."""

    realm: Realm
    name: str | None
    token: str
    header: dict[str, Any]
    claims: dict[str, Any]

    @classmethod
    def of(cls, realm: Realm, name: str | None, flow: str = "") -> Specimen:
        """A token that the provider gives an identity now by a flow, or by the usual one.

        Raises:
            NotEvaluatedError: It is no JSON Web Token.
        """
        token = realm.grant(name, flow).token
        parts = claims_of(token)
        if parts is None:
            raise NotEvaluatedError(
                f"The access tokens of {realm.system.name} are no JSON Web Tokens: their states cannot be made."
            )
        return cls(realm, name, token, *parts)

    def minted(self, header: dict[str, Any] | None = None, /, **changes: Any) -> str:
        """A token that the realm's own key signs, with other claims, and more in its header; a claim that is None is left out."""
        import jwt

        key = self.realm.private_key()
        if key is None:
            variable = self.realm.words.get("provider.realm_key_env", "")
            raise NotEvaluatedError(
                f"No key of the realm is at hand: set {variable or 'provider.realm_key_env'} to make this token."
            )
        moment = int(time.time())
        claims = self.claims | {"iat": moment, "exp": moment + 300, "jti": fresh_id()} | changes
        claims = {name: value for name, value in claims.items() if value is not None}
        algorithm = "RS256" if hasattr(key.public_key(), "encrypt") else "ES256"  # RSA alone encrypts
        return jwt.encode(claims, key, algorithm=algorithm, headers=self.named(self._kid(key, algorithm)) | (header or {}))

    def named(self, kid: str) -> dict[str, Any]:
        """What the header of a token says beside its algorithm: the name of a key, and the type that the provider writes."""
        return {"kid": kid, **({"typ": self.header["typ"]} if "typ" in self.header else {})}

    def _kid(self, key: Any, algorithm: str) -> str:
        """The name by which the provider publishes the key that the tester holds."""
        import jwt

        maker: Any = jwt.get_algorithm_by_name(algorithm)
        own = json.loads(maker.to_jwk(key.public_key()))
        for published in self.realm.published_keys():
            if all(published.get(name) == own.get(name) for name in ("x", "n")):
                return str(published["kid"])
        raise NotEvaluatedError("The provider does not publish the key of the realm that the tester holds.")


def valid(specimen: Specimen) -> str:
    """The same claims again, signed by the realm: what shows that the key is right."""
    return specimen.minted()


def expired(specimen: Specimen) -> str:
    """Ended an hour ago."""
    moment = int(time.time())
    return specimen.minted(iat=moment - 2 * HOUR, exp=moment - HOUR)


def just_expired(specimen: Specimen) -> str:
    """Ended two minutes ago."""
    moment = int(time.time())
    return specimen.minted(iat=moment - HOUR, exp=moment - 120)


def without_end(specimen: Specimen) -> str:
    """Never ends."""
    return specimen.minted(exp=None)


def without_subject(specimen: Specimen) -> str:
    """Of nobody."""
    return specimen.minted(sub=None)


def without_audience(specimen: Specimen) -> str:
    """For no program."""
    return specimen.minted(aud=None)


def without_issuer(specimen: Specimen) -> str:
    """Of no issuer."""
    return specimen.minted(iss=None)


def not_yet_valid(specimen: Specimen) -> str:
    """Begins in an hour."""
    moment = int(time.time())
    return specimen.minted(nbf=moment + HOUR, exp=moment + 2 * HOUR)


def other_audience(specimen: Specimen) -> str:
    """For another program of the same realm, as the provider gives it."""
    name = specimen.realm.words.needed("provider.other_audience")
    token = specimen.realm.grant(specimen.name, audience=name).token
    parts = claims_of(token)
    if parts is None or name not in parts[1].get("aud", ()):
        raise LackingError(f"The provider gave no token for the audience {name}.", "provider.other_audience")
    return token


def other_issuer(specimen: Specimen) -> str:
    """Of another issuer, with a signature that is right."""
    return specimen.minted(iss=FOREIGN_ISSUER)


def longer_audience(specimen: Specimen) -> str:
    """For a program whose name begins as the platform's does."""
    named = specimen.claims.get("aud", [])
    return specimen.minted(aud=[f"{name}{MORE}" for name in ([named] if isinstance(named, str) else named)])


def longer_issuer(specimen: Specimen) -> str:
    """Of an issuer whose address begins as the provider's does."""
    return specimen.minted(iss=f"{specimen.claims.get('iss', '')}{MORE}")


def other_realm(specimen: Specimen) -> str:
    """Of another realm of the same provider."""
    try:
        return specimen.realm.grant(specimen.name, issuer=specimen.realm.words.needed("provider.other_issuer")).token
    except NotEvaluatedError as error:
        raise LackingError(str(error), "provider.other_realm") from None


def tampered(specimen: Specimen) -> str:
    """With somebody else written into it, and the signature left as it was."""
    claims = specimen.claims | {"sub": fresh_id(), "preferred_username": "qa-tampered"}
    return f"{forged.part(specimen.header)}.{forged.part(claims)}.{specimen.token.rpartition('.')[2]}"


def unsigned(specimen: Specimen) -> str:
    """With the algorithm none and no signature."""
    return f"{forged.part({**specimen.header, 'alg': 'none'})}.{forged.part(specimen.claims)}."


def algorithm_confusion(specimen: Specimen) -> str:
    """Signed by HMAC with the provider's public key, which everybody has."""
    key = next((key for key in specimen.realm.published_keys() if key.get("kid") == specimen.header.get("kid")), None)
    if key is None:
        raise NotEvaluatedError("The provider publishes no key of the name in its token.")
    return forged.signed({**specimen.header, "alg": "HS256"}, specimen.claims, forged.pem(key))


def unknown_key(specimen: Specimen) -> str:
    """Signed by a key of the attacker, who names it as the provider's."""
    extras.demand("cryptography", "tokens of another key")
    import jwt
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    return jwt.encode(specimen.claims, key, algorithm="ES256", headers=specimen.named(specimen.header.get("kid", "")))


def embedded_key(specimen: Specimen) -> str:
    """Signed by a key of the attacker, which the token brings along (RFC 7515, 4.1.3)."""
    extras.demand("cryptography", "tokens of another key")
    import jwt
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    maker: Any = jwt.get_algorithm_by_name("ES256")
    named = specimen.named(specimen.header.get("kid", "")) | {"jwk": json.loads(maker.to_jwk(key.public_key()))}
    return jwt.encode(specimen.claims, key, algorithm="ES256", headers=named)


def critical_header(specimen: Specimen) -> str:
    """With an extension that has to be understood, and that nobody knows (RFC 7515, 4.1.11)."""
    return specimen.minted({"crit": ["urn:qa:unknown"], "urn:qa:unknown": True})


def revoked(specimen: Specimen) -> str:
    """Revoked at the provider a moment ago."""
    token = specimen.realm.grant(specimen.name).token
    answer = specimen.realm.ask(specimen.name, "revocation_endpoint", {"token": token})
    if not answer.ok:
        raise NotEvaluatedError(f"The provider did not revoke a token: it answered {answer.status} with {answer.excerpt()}.")
    return token


def oversized(specimen: Specimen) -> str:
    """20 kB long, with a signature that is right."""
    return specimen.minted(padding="x" * LONG)


def without_organization(specimen: Specimen) -> str:
    """Of nobody's organization."""
    return specimen.minted(organization=None)


def without_role(specimen: Specimen) -> str:
    """Of somebody who has no role of the platform."""
    return specimen.minted(realm_access={"roles": ["qa-no-role"]})


def identity_token(specimen: Specimen) -> str:
    """The ID token, which is for the client and opens nothing; with a code, where a password brings none."""
    for flow in dict.fromkeys(("", "authorization_code")):
        token = specimen.realm.grant(specimen.name, flow).body.get("id_token")
        if isinstance(token, str):
            return token
    raise NotEvaluatedError("The provider gave no ID token: add openid to the scope of the sign_in.")


def no_token(specimen: Specimen) -> str:  # noqa: ARG001  # one signature for all states
    """Three parts that are none."""
    return "eyJhbGciOiJFUzI1NiJ9.bm90aGluZw.c2lnbmF0dXJl"


STATES: dict[str, Callable[[Specimen], str]] = {
    "expired": expired,
    "just expired": just_expired,
    "without end": without_end,
    "without subject": without_subject,
    "without audience": without_audience,
    "without issuer": without_issuer,
    "not yet valid": not_yet_valid,
    "other audience": other_audience,
    "other issuer": other_issuer,
    "longer audience": longer_audience,
    "longer issuer": longer_issuer,
    "other realm": other_realm,
    "tampered": tampered,
    "unsigned": unsigned,
    "algorithm confusion": algorithm_confusion,
    "unknown key": unknown_key,
    "embedded key": embedded_key,
    "critical header": critical_header,
    "revoked": revoked,
    "oversized": oversized,
    "without organization": without_organization,
    "without role": without_role,
    "identity token": identity_token,
    "no token": no_token,
}
LACKING = ("without end", "without subject", "without audience", "without issuer")  # what is missing on one side is no match
LONGER = ("longer audience", "longer issuer")
MINTED = (
    "expired", "just expired", *LACKING, "not yet valid", "other issuer", *LONGER, "critical header", "oversized",
    *sign_on.INCOMPLETE,
)  # fmt: skip
