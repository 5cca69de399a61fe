"""Protective headers judged by their meaning: a header that is there and allows everything protects nobody."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

REFERRERS = ("no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin")
LEAST_HSTS = 180 * 24 * 3600  # seconds (source: Mozilla's web security guidelines ask for at least six months)
ANYWHERE = ("*", "http:", "https:", "data:", "blob:")
INLINE = ("'unsafe-inline'", "'unsafe-eval'")


def weakness(name: str, headers: Mapping[str, str]) -> str:
    """Why a header does not protect, as a phrase; empty if it does. The names of ``headers`` are in small letters."""
    value = headers.get(name, "").strip()
    if not value:
        return "missing"
    return _JUDGES[name](value) if name in _JUDGES else ""


def _nosniff(value: str) -> str:
    return "" if value.lower() == "nosniff" else f"'{value}' is not nosniff"


def _frames(value: str) -> str:
    return "" if value.upper() in ("DENY", "SAMEORIGIN") else f"'{value}' is neither DENY nor SAMEORIGIN"


def _referrer(value: str) -> str:
    known = [part.strip().lower() for part in value.split(",") if part.strip()]
    return "" if known and known[-1] in REFERRERS else f"'{value}' tells other sites the whole address"


def _permissions(value: str) -> str:
    """Allow-lists by feature, such as ``camera=(), geolocation=(self)``: one that holds * restricts nothing."""
    lists = re.findall(r"[\w-]+\s*=\s*(\([^)]*\)|\*|self|[^\s,]+)", value)
    if not lists:
        return f"'{value}' names no feature"
    return "" if any("*" not in allowed for allowed in lists) else f"'{value}' restricts no feature"


def _policy(value: str) -> str:
    """What scripts may be loaded and run: by ``script-src``, or by ``default-src`` where there is none."""
    directives = {parts[0].lower(): parts[1:] for part in value.split(";") if (parts := part.split())}
    sources = directives.get("script-src", directives.get("default-src"))
    if sources is None:
        return f"'{value}' names neither default-src nor script-src"
    lowered = [source.lower() for source in sources]
    if wide := [source for source in lowered if source in ANYWHERE]:
        return f"scripts may come from anywhere ({wide[0]})"
    guarded = any(source.startswith(("'nonce-", "'sha256-", "'sha384-", "'sha512-")) for source in lowered)
    if loose := [source for source in lowered if source in INLINE and not (guarded and source == INLINE[0])]:
        return f"scripts in the page may run ({loose[0]})"
    return ""


def frames_refused(headers: Mapping[str, str]) -> bool:
    """Whether a policy says who may put the page into a frame, and that not everybody may."""
    found = re.search(r"frame-ancestors([^;]*)", headers.get("content-security-policy", "").lower())
    return found is not None and not any(source in ANYWHERE for source in found[1].split())


def _transport(value: str) -> str:
    age = re.search(r"max-age\s*=\s*\"?(\d+)", value.lower())
    seconds = int(age[1]) if age else 0
    return "" if seconds >= LEAST_HSTS else f"max-age is {seconds} s, less than {LEAST_HSTS} s"


def _private(value: str) -> str:
    known = {part.strip().lower().partition("=")[0] for part in value.split(",")}
    return "" if known & {"no-store", "private"} and "public" not in known else f"'{value}' lets shared caches keep it"


_JUDGES: dict[str, Callable[[str], str]] = {
    "x-content-type-options": _nosniff,
    "x-frame-options": _frames,
    "referrer-policy": _referrer,
    "permissions-policy": _permissions,
    "content-security-policy": _policy,
    "strict-transport-security": _transport,
    "cache-control": _private,
}
