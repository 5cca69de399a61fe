"""The defects of the sandbox: plausible mistakes, each in the code where a developer would make it.

Each is off by default and switched at run time through the control port. ``check`` is the observation that must turn FAIL
when the defect is on, in ``suite`` at the latest; tests that carry none of the ``areas`` must stay green.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from theodore_sandbox.defects.agents import AGENTS
from theodore_sandbox.defects.analytics import ANALYTICS
from theodore_sandbox.defects.api import API
from theodore_sandbox.defects.batches import BATCHES
from theodore_sandbox.defects.command_line import COMMAND_LINE
from theodore_sandbox.defects.discovery import DISCOVERY
from theodore_sandbox.defects.exports import EXPORTS
from theodore_sandbox.defects.load import LOAD
from theodore_sandbox.defects.providers import PROVIDERS
from theodore_sandbox.defects.public_application import PRESETS, PUBLIC_APPLICATION
from theodore_sandbox.defects.records import RECORDS
from theodore_sandbox.defects.research import RESEARCH
from theodore_sandbox.defects.resilience import RESILIENCE
from theodore_sandbox.defects.security import SECURITY
from theodore_sandbox.defects.sign_on import SIGN_ON
from theodore_sandbox.defects.tenants import TENANTS
from theodore_sandbox.defects.work import WORK
from theodore_sandbox.defects.workflows import WORKFLOWS

if TYPE_CHECKING:
    from theodore_sandbox.defects.defect import Defect

THEODORE = (
    *(RESEARCH, RECORDS, DISCOVERY, PROVIDERS, API, TENANTS, RESILIENCE, SECURITY, WORK, LOAD),
    *(BATCHES, EXPORTS, COMMAND_LINE),
)
PROMPTCRAFT = (SIGN_ON, ANALYTICS, AGENTS, WORKFLOWS, PUBLIC_APPLICATION)
DEFECTS: dict[str, Defect] = {defect.name: defect for group in (*THEODORE, *PROMPTCRAFT) for defect in group}

_on: set[str] = set()


def on(name: str) -> bool:
    """Whether the defect ``name`` is switched on."""
    if name not in DEFECTS:
        raise KeyError(name)
    return name in _on


def switch(names: list[str]) -> None:
    """Switch exactly ``names`` on and all others off; the name of a preset stands for its defects.

    An unknown name raises ``ValueError``.
    """
    names = [defect for name in names for defect in PRESETS.get(name, (name,))]
    if unknown := sorted(set(names) - set(DEFECTS)):
        known = f"the defects are {', '.join(DEFECTS)}, and the presets {', '.join(PRESETS)}"
        raise ValueError(f"There is no defect {unknown[0]!r}; {known}.")
    _on.clear()
    _on.update(names)


def listing() -> list[dict[str, object]]:
    """All defects with whether they are on, as plain data."""
    return [asdict(defect) | {"on": defect.name in _on} for defect in DEFECTS.values()]
