"""JSON Web Tokens that bring the key with which they are signed in their own header: ``jwk``, or a certificate in ``x5c``.

Or the address at which it is found: ``jku`` leads to a set of keys, ``x5u`` to a certificate.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from functools import cache
from typing import Any, TYPE_CHECKING

from theodore_qa import extras

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.canaries.callback_server import CallbackServer

KEPT = ("typ", "kid")  # of the header of a genuine token
BITS = 2048


@dataclass(frozen=True)
class Brought:
    """A token with a key in its header, or the address of one: as that key signs it, and as another one does."""

    where: str
    algorithm: str
    token: str
    by_another: str
    secret: str = ""


def tokens(header: dict[str, Any], claims: dict[str, Any]) -> Iterator[Brought]:
    """Tokens of these claims, with keys of the kind of a genuine token's first."""
    extras.demand("cryptography", "tokens with a key in their header")
    import jwt

    kinds = ("ES256", "RS256") if str(header.get("alg", "")).startswith("ES") else ("RS256", "ES256")
    for algorithm in kinds:
        key, other = _key(algorithm, 0), _key(algorithm, 1)
        named = {"kid": header["kid"]} if "kid" in header else {}
        public = _jwk(algorithm, key) | named | {"use": "sig", "alg": algorithm}
        for where, brought in (("jwk", public), ("x5c", [_der(key)])):
            kept = {name: value for name, value in header.items() if name in KEPT} | {where: brought}
            signed, by_another = (jwt.encode(claims, each, algorithm=algorithm, headers=kept) for each in (key, other))
            yield Brought(where, algorithm, signed, by_another)


def addressed(header: dict[str, Any], claims: dict[str, Any], server: CallbackServer, host: str) -> Iterator[Brought]:
    """Tokens that name where their key is found, on a server of ours: plainly, and behind the address of the system itself.

    Each comes with its ``secret``, the part of the address by which it is known whether the system has asked for it.
    """
    extras.demand("cryptography", "tokens that name where their key is found")
    import jwt

    algorithm = "ES256" if str(header.get("alg", "")).startswith("ES") else "RS256"
    key, other = _key(algorithm, 0), _key(algorithm, 1)
    named = str(header.get("kid", "qa"))
    keys = {"keys": [_jwk(algorithm, key) | {"kid": named, "use": "sig", "alg": algorithm}]}
    kept = {name: value for name, value in header.items() if name in KEPT} | {"kid": named}
    for where, content in (("jku", json.dumps(keys).encode()), ("x5u", _certificate(key))):
        for address in (
            "http://{server}{path}",
            f"http://{host}@{{server}}{{path}}",
            f"http://{{server}}{{path}}?http://{host}/",
        ):
            token = server.token()
            path = f"/{token}.{'json' if where == 'jku' else 'pem'}"
            server.offered[path] = content
            head = kept | {where: address.format(server=server.address, path=path)}
            signed, by_another = (jwt.encode(claims, each, algorithm=algorithm, headers=head) for each in (key, other))
            yield Brought(where, algorithm, signed, by_another, token)


@cache
def _key(algorithm: str, number: int) -> Any:  # noqa: ARG001  # the number tells keys apart
    """One of two keys of this process for an algorithm: to make them takes long."""
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    return ec.generate_private_key(ec.SECP256R1()) if algorithm == "ES256" else rsa.generate_private_key(65537, BITS)


def _jwk(algorithm: str, key: Any) -> dict[str, Any]:
    from jwt.algorithms import ECAlgorithm, RSAAlgorithm

    kind = ECAlgorithm if algorithm == "ES256" else RSAAlgorithm
    public: dict[str, Any] = json.loads(kind.to_jwk(key.public_key()))
    public.pop("key_ops", None)
    return public


def _der(key: Any) -> str:
    """A certificate that a key has signed for itself, as ``x5c`` holds it."""
    lines = _certificate(key).decode().strip().splitlines()
    return "".join(lines[1:-1])


def _certificate(key: Any) -> bytes:
    """A certificate that a key has signed for itself, as ``x5u`` leads to it."""
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
    return made.public_bytes(serialization.Encoding.PEM)
