"""The public keys by which an API verifies its tokens, in the encodings in which libraries hold them."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any, TYPE_CHECKING

from theodore_qa import extras
from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from SecurityLibrary.scan import Scan
    from theodore_qa.systems.exchange import Exchange

KEY_SETS = ("/.well-known/jwks.json", "/jwks.json", "/oauth2/jwks", "/.well-known/openid-configuration/jwks")
FILES = ("/.well-known/jwt.pub", "/public.pem", "/public.key", "/jwt.pub", "/encryptionkeys/jwt.pub", "/publickey", "/public-key")
CALLED = re.compile(r"(?i)jwk|keys?\b|public|certs?\b|\.pem|\.pub\b")  # routes that may show one
PEM = re.compile(r"-----BEGIN (RSA PUBLIC KEY|PUBLIC KEY|CERTIFICATE)-----.+?-----END \1-----", re.DOTALL)


def published(scan: Scan) -> Iterator[bytes]:
    """Each key that the API shows: in its key set, in a file at a usual place, or as an operation whose route names keys.

    A key in a file is yielded as it stands there too, since that is what a server reads.
    """
    extras.demand("cryptography", "reading public keys")
    if described := scan.target.jwt.jwks:
        yield from _in(scan.sender.request("GET", str(described)))
        return
    for operation in scan.plan.operations:
        if operation.method == "GET" and operation.safe and CALLED.search(operation.route):
            with suppress(NotEvaluatedError):
                yield from _in(scan.plan.control(operation, scan.plan.identity_for(operation))[0])
    for path in (*KEY_SETS, *FILES):
        yield from _in(scan.sender.request("GET", path))


def _in(answer: Exchange) -> Iterator[bytes]:
    from jwt import PyJWK
    from jwt.exceptions import PyJWTError

    keys = answer.body.get("keys") if isinstance(answer.body, dict) else None
    for entry in keys if isinstance(keys, list) else ():
        with suppress(PyJWTError):
            yield from _encoded(PyJWK(entry).key)
    for match in PEM.finditer(answer.text.replace("\\n", "\n")):
        text = match[0].encode()
        yield from (text, text + b"\n")
        if key := _read(text):
            yield from _encoded(key)


def _read(pem: bytes) -> Any:
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from cryptography.x509 import load_pem_x509_certificate

    with suppress(ValueError):
        return load_pem_x509_certificate(pem).public_key() if b"CERTIFICATE" in pem else load_pem_public_key(pem)
    return None


def _encoded(key: Any) -> Iterator[bytes]:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    for encoding in (Encoding.PEM, Encoding.DER):
        text = key.public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)
        yield from dict.fromkeys((text, text.strip()))
