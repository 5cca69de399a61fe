"""The certificate authorities that the sandbox's clients trust."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    import ssl


@functools.cache
def trusted() -> ssl.SSLContext:
    """Those of this machine, in one context for all clients: each new one would read them again, for 20 ms."""
    return httpx.create_ssl_context()
