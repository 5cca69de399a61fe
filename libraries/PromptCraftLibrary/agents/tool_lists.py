"""Lists of an MCP server's tools: their hash, by which one that was changed underneath is known."""

from __future__ import annotations

import hashlib
import json
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

PREFIX = 16  # characters of a hash


def fingerprint(tools: Any) -> str:
    """The SHA-256 hash of a list of tools, whatever their order; empty for what is no list of tools."""
    if not isinstance(tools, list) or not tools or not all(isinstance(tool, dict) for tool in tools):
        return ""
    ordered = sorted(json.dumps(tool, sort_keys=True, separators=(",", ":"), ensure_ascii=False) for tool in tools)
    return hashlib.sha256("\n".join(ordered).encode()).hexdigest()


def shortened(hashes: Sequence[str]) -> str:
    """Hashes as a person compares them, each once."""
    return ", ".join(dict.fromkeys(found[:PREFIX] or "no list" for found in hashes))


def changed(registered: Sequence[dict[str, Any]], listed: Any) -> list[str]:
    """What of registered tools is listed otherwise, or not at all."""
    found = {tool.get("name"): tool for tool in listed if isinstance(tool, dict)} if isinstance(listed, list) else {}
    return [
        f"{field} of {tool['name']}"
        for tool in registered
        for field, value in tool.items()
        if found.get(tool["name"], {}).get(field) != value
    ]
