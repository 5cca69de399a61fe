"""Passwords as they are stored: with a salt, by a function that is slow on purpose."""

from __future__ import annotations

import hashlib


def digest(password: str, salt: str) -> str:
    """The scrypt digest of a password; takes 45 ms of a core."""
    return hashlib.scrypt(password.encode(), salt=bytes.fromhex(salt), n=2**14, r=8, p=1).hex()
