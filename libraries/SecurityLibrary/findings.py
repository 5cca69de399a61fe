"""Findings: what a probe saw that should not be, how bad it is, where, and how to mend it."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from enum import IntEnum
from typing import Any, TYPE_CHECKING

from theodore_qa.errors import unknown

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_PLACES = 50
HINDERED = re.compile(
    r"the description is not understood|answered (401|429|5\d\d)$|was not answered|^the session of|limited \(429\)"
    r"|could not sign in|which is not set"
)


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


@dataclass
class Denominator:
    """What a verdict rests on: how much was tried, of how much, and why the rest was not."""

    tried: set[str] = field(default_factory=set)
    left_out: dict[str, str] = field(default_factory=dict)
    failed: str = ""  # why the attack broke off by a fault of its own

    def leave_out(self, place: str, reason: str) -> None:
        """Remember that something could not be tried, and why; the first reason counts."""
        self.left_out.setdefault(place, reason)

    @property
    def missing(self) -> dict[str, str]:
        """The places that were not tried at all, with the reasons."""
        return {place: reason for place, reason in self.left_out.items() if place not in self.tried}

    @property
    def undecided(self) -> str:
        """Why too little was tried to say anything; empty if enough was.

        What does not concern an API, or was left out on purpose, does not count; what the system refused, limited or failed
        to answer does: more of it than of what was tried decides nothing.
        """
        if self.failed:
            return self.failed
        hindered = [reason for reason in self.missing.values() if HINDERED.search(reason)]
        if len(hindered) <= len(self.tried):
            return ""
        usual = Counter(hindered).most_common(1)[0][0]
        return f"{len(hindered)} of {len(hindered) + len(self.tried)} places could not be tried: {usual}"

    def __str__(self) -> str:
        return f"{len(self.tried)} of {len(self.tried) + len(self.missing)} places"


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
