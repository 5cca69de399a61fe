"""The servers of a document or of one of its operations."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urljoin, urlsplit


def urls(holder: dict[str, Any], base: str) -> tuple[str, ...]:
    """The URLs that ``servers`` names, or host and basePath in 2.0, variables filled by their defaults."""
    if "swagger" in holder:
        path = "/" + str(holder.get("basePath") or "").strip("/")
        schemes = holder.get("schemes") if isinstance(holder.get("schemes"), list) else None
        return tuple(f"{scheme}://{holder['host']}{path}" for scheme in schemes or ["https"]) if holder.get("host") else (path,)
    listed = holder.get("servers")
    found = [server for server in listed if isinstance(server, dict)] if isinstance(listed, list) else []
    return tuple(_absolute(_filled(server), base) for server in found)


def unfilled(listed: tuple[str, ...]) -> list[str]:
    """What is not understood of the URLs that ``urls`` gives: variables without a default."""
    return [f"the server '{url}' has a variable without a default" for url in listed if "{" in url]


def prefix(listed: tuple[str, ...]) -> str:
    """The path of the first server, without a slash at its end."""
    if not listed:
        return ""
    try:
        path = urlsplit(listed[0]).path.rstrip("/")
    except ValueError:  # a host that is none, such as one with an open bracket
        return ""
    return path if not path or path.startswith("/") else f"/{path}"


def _filled(server: dict[str, Any]) -> str:
    variables = server.get("variables") if isinstance(server.get("variables"), dict) else {}

    def value(match: re.Match[str]) -> str:
        variable = variables.get(match[1]) if variables else None
        default = variable.get("default") if isinstance(variable, dict) else None
        return match[0] if default is None else str(default)

    return re.sub(r"\{([^{}]+)\}", value, str(server.get("url") or ""))


def _absolute(url: str, base: str) -> str:
    """A URL beside the document's own, where that was fetched from one; an empty URL is its host, as frameworks mean it."""
    try:
        return urljoin(base, url or "/") if base.startswith("http") else url
    except ValueError:
        return url
