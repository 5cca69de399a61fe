"""Robot's BuiltIn, imported when it is first asked for: while tests run Robot has it, and before nobody needs it."""

from __future__ import annotations

from typing import Any


def builtin() -> Any:
    """Robot's BuiltIn library."""
    from robot.libraries.BuiltIn import BuiltIn

    return BuiltIn()
