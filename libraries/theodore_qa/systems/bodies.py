"""Bodies of requests as suites give them."""

from __future__ import annotations

import json
from typing import Any

from theodore_qa.errors import QaError


def as_json(body: Any) -> Any:
    """What a suite gives as a body: a value as it is, or JSON text."""
    if not isinstance(body, str):
        return body
    try:
        return json.loads(body)
    except ValueError:
        raise QaError(f"The body is not JSON: '{body[:100]}'. Give a dictionary, a list, or JSON text.") from None
