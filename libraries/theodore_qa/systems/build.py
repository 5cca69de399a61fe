"""Which build a system says it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from theodore_qa.errors import QaError
from theodore_qa.systems import pointers

if TYPE_CHECKING:
    from theodore_qa.systems.exchange import Exchange
    from theodore_qa.systems.system import System

WITHIN = 3.0  # seconds
LONGEST = 200


def observed_build(system: System) -> str:
    """What the system shows where its description says that its build stands; empty if it shows nothing there.

    Nothing is judged by this: the request is none of a test.
    """
    build = system.entry.build
    if build is None:
        return ""
    client = system.new_client(timeout=WITHIN)
    try:
        answer = client.send(*system.located(build.operation))
    except QaError:
        return ""
    finally:
        client.close()
    if not answer.ok:
        return ""
    values = [_header(answer, build.header)] if build.header else _fields(answer, build.fields)
    return " ".join(values)[:LONGEST] if all(values) else ""


def _header(answer: Exchange, name: str) -> str:
    return str(answer.headers.get(name.lower(), ""))


def _fields(answer: Exchange, names: tuple[str, ...]) -> list[str]:
    found = [pointers.found(answer.body, name) for name in names]
    return ["" if value is None or isinstance(value, dict | list) else str(value) for value in found] or [answer.text.strip()]
