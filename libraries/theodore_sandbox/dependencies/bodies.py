"""Reading the bodies of requests."""

from __future__ import annotations

import json
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import Request


async def json_object(request: Request) -> dict[str, Any]:
    """The JSON object in a body; an empty one for anything else, half a letter of UTF-16 included."""
    try:
        body = await request.json()
        json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
