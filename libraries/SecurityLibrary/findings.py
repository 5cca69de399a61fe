"""Findings: what a probe saw that should not be, how bad it is, where, and how to mend it."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace
from enum import IntEnum
from typing import Any, TYPE_CHECKING

from theodore_qa.errors import unknown

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_PLACES = 50


class Severity(IntEnum):
    """How bad a finding is; the numbers are for order only."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @classmethod
    def named(cls, name: str) -> Severity:
        """The severity of this name, in any case."""
        try:
            return cls[name.strip().upper()]
        except KeyError:
            raise unknown("severity", name, [one.name.lower() for one in cls]) from None

    def __str__(self) -> str:
        return self.name.lower()


@dataclass(frozen=True)
class Finding:
    """One weakness, with the places at which it shows and the requests and responses that show it."""

    probe: str
    title: str
    severity: Severity
    cwe: int
    owasp: tuple[str, ...]
    places: tuple[str, ...]
    observed: str
    mend: str
    evidence: tuple[dict[str, str], ...] = ()
    tool: str = "theodore"
    accepted: str = ""
    identity: str = ""

    @property
    def place(self) -> str:
        """Where it was seen first, and at how many places more."""
        more = len(self.places) - 1
        return self.places[0] + (f" and {more} more" if more else "") if self.places else "-"

    @property
    def fingerprint(self) -> str:
        """What makes it the same finding in another run: tool, probe and first place."""
        return hashlib.sha256(f"{self.tool}|{self.probe}|{self.places[0] if self.places else ''}".encode()).hexdigest()[:16]

    def __str__(self) -> str:
        return f"{self.severity}: {self.title} (CWE-{self.cwe}) at {self.place}: {self.observed}"

    def as_data(self) -> dict[str, Any]:
        """Plain data for a JSON file."""
        return asdict(self) | {"severity": str(self.severity), "fingerprint": self.fingerprint}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Finding:
        """The finding that :meth:`as_data` described."""
        told = {key: value for key, value in data.items() if key != "fingerprint"}
        told |= {key: tuple(told[key]) for key in ("owasp", "places", "evidence")}
        return cls(**told | {"severity": Severity.named(data["severity"])})


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """Findings of one probe that say the same are one finding with several places; the worst come first."""
    groups: dict[tuple[str, str, str, str], Finding] = {}
    for one in findings:
        key = (one.tool, one.probe, one.observed, one.identity)
        known = groups.get(key)
        if known is None:
            groups[key] = one
        else:
            places = tuple(dict.fromkeys((*known.places, *one.places)))[:MOST_PLACES]
            groups[key] = replace(known, places=places, severity=max(known.severity, one.severity))
    return sorted(groups.values(), key=lambda one: (-one.severity, one.probe, one.places))
