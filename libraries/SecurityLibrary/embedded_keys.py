"""JSON Web Tokens that bring the key with which they are signed in their own header: ``jwk``, or a certificate in ``x5c``."""

from __future__ import annotations

import base64
import datetime as dt
import json
from dataclasses import dataclass
from typing import Any, TYPE_CHECKING

from theodore_qa import extras

if TYPE_CHECKING:
    from collections.abc import Iterator

KEPT = ("typ", "kid")  # of the header of a genuine token
BITS = 2048


@dataclass(frozen=True)
class Brought:
    """A token with a key in its header: as that key signs it, and as another one does."""

    where: str
    algorithm: str
    token: str
    by_another: str


def tokens(header: dict[str, Any], claims: dict[str, Any]) -> Iterator[Brought]:
    """Tokens of these claims, with keys of the kind of a genuine token's first."""
    extras.demand("cryptography", "tokens with a key in their header")
    import jwt

    kinds = ("ES256", "RS256") if str(header.get("alg", "")).startswith("ES") else ("RS256", "ES256")
    for algorithm in kinds:
        key, other = _key(algorithm), _key(algorithm)
        named = {"kid": header["kid"]} if "kid" in header else {}
        public = _jwk(algorithm, key)
        for where, brought in (("jwk", public | named | {"use": "sig", "alg": algorithm}), ("x5c", [_certificate(key)])):
            kept = {name: value for name, value in header.items() if name in KEPT} | {where: brought}
            signed, by_another = (jwt.encode(claims, each, algorithm=algorithm, headers=kept) for each in (key, other))
            yield Brought(where, algorithm, signed, by_another)


def _key(algorithm: str) -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    return ec.generate_private_key(ec.SECP256R1()) if algorithm == "ES256" else rsa.generate_private_key(65537, BITS)


def _jwk(algorithm: str, key: Any) -> dict[str, Any]:
    from jwt.algorithms import ECAlgorithm, RSAAlgorithm

    kind = ECAlgorithm if algorithm == "ES256" else RSAAlgorithm
    public: dict[str, Any] = json.loads(kind.to_jwk(key.public_key()))
    public.pop("key_ops", None)
    return public


def _certificate(key: Any) -> str:
    """A certificate that a key has signed for itself, as ``x5c`` holds it."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization

    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "qa-self-signed")])
    today = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - dt.timedelta(days=1))
        .not_valid_after(today + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return base64.b64encode(made.public_bytes(serialization.Encoding.DER)).decode()
