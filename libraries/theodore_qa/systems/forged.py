"""Forged JSON Web Tokens: their parts, signatures by a key that everybody has, and public keys as texts."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from theodore_qa import extras

HASHES = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}


def part(value: dict[str, Any]) -> str:
    """A part of a JSON Web Token."""
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).rstrip(b"=").decode()


def signed(header: dict[str, Any], claims: dict[str, Any], key: bytes) -> str:
    """A JSON Web Token with an HMAC signature."""
    text = f"{part(header)}.{part(claims)}"
    digest = hmac.new(key, text.encode(), HASHES.get(str(header.get("alg")), hashlib.sha256)).digest()
    return f"{text}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def pem(key: dict[str, Any]) -> bytes:
    """The PEM text of a public key that is given as a JSON Web Key; of a private one, published by mistake, its public part."""
    extras.demand("cryptography", "public keys as texts")
    import jwt
    from cryptography.hazmat.primitives import serialization

    found: Any = jwt.PyJWK.from_dict(key).key
    public = found.public_key() if hasattr(found, "private_bytes") else found
    made: bytes = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return made
