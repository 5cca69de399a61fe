"""Ed25519 signatures, as ``openssl pkeyutl`` makes and verifies them."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING

from theodore_qa import extras
from theodore_qa.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

MAKE = "make one by 'openssl genpkey -algorithm ed25519 -out key.pem'"


def private_key(path: Path) -> Any:
    """The private key in a PEM file.

    Raises:
        UsageError: there is none, it is no Ed25519 key, or the package cryptography is not installed.
    """
    extras.demand("cryptography", "a signature", UsageError)
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise UsageError(f"The key {path} cannot be read: {error.strerror}.") from None
    except (ValueError, TypeError):
        raise UsageError(f"The file {path} holds no private key without a password: {MAKE}.") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError(f"The key {path} is no Ed25519 key: {MAKE}.")
    return key


def fits(signed: bytes, signature: bytes, public_key: Path) -> bool:
    """Whether a signature is that of these bytes by the private half of a key.

    Raises:
        UsageError: the file holds no public key, or the package cryptography is not installed.
    """
    extras.demand("cryptography", "a look at a signature", UsageError)
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(public_key.read_bytes())
    except OSError as error:
        raise UsageError(f"The key {public_key} cannot be read: {error.strerror}.") from None
    except ValueError:
        raise UsageError(f"The file {public_key} holds no public key: write it by 'openssl pkey -in key.pem -pubout'.") from None
    if not isinstance(key, Ed25519PublicKey):
        raise UsageError(f"The key {public_key} is no Ed25519 key: {MAKE}.")
    try:
        key.verify(signature, signed)
    except InvalidSignature:
        return False
    return True
