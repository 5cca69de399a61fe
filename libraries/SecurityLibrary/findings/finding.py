"""Findings: what a probe observed, how severe it is, where, and its remediation."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace
from enum import IntEnum
from typing import Any, TYPE_CHECKING

from theodore_qa.errors import unknown

if TYPE_CHECKING:
    from collections.abc import Iterable

# Fields whose names in files differ: evidence packs and saved findings of earlier runs stay readable.
NAMES_IN_FILES = {"locations": "places", "remediation": "mend"}


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
            raise unknown("severity", name, [severity.name.lower() for severity in cls]) from None

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
    locations: tuple[str, ...]
    observed: str
    remediation: str
    evidence: tuple[dict[str, str], ...] = ()
    tool: str = "theodore"
    accepted: str = ""
    identity: str = ""

    @property
    def location(self) -> str:
        """Where it was seen first, and at how many places more."""
        more = len(self.locations) - 1
        return self.locations[0] + (f" and {more} more" if more else "") if self.locations else "-"

    @property
    def fingerprint(self) -> str:
        """What makes it the same finding in another run: tool, probe and first place."""
        return hashlib.sha256(f"{self.tool}|{self.probe}|{self.locations[0] if self.locations else ''}".encode()).hexdigest()[:16]

    def __str__(self) -> str:
        return f"{self.severity}: {self.title} (CWE-{self.cwe}) at {self.location}: {self.observed}"

    def as_data(self) -> dict[str, Any]:
        """Plain data for a JSON file."""
        data = {NAMES_IN_FILES.get(name, name): value for name, value in asdict(self).items()}
        return data | {"severity": str(self.severity), "fingerprint": self.fingerprint}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Finding:
        """The finding that :meth:`as_data` described."""
        fields = {name: data[NAMES_IN_FILES.get(name, name)] for name in cls.__dataclass_fields__}
        fields |= {name: tuple(fields[name]) for name in ("owasp", "locations", "evidence")}
        return cls(**fields | {"severity": Severity.named(data["severity"])})


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """Findings of one probe that say the same are one finding with several places; the worst come first.

    What is accepted at one place and not at another stays two findings.
    """
    groups: dict[tuple[str, ...], Finding] = {}
    for finding in findings:
        key = (finding.tool, finding.probe, finding.observed, finding.identity, finding.accepted)
        known = groups.get(key)
        if known is None:
            groups[key] = finding
        else:
            locations = tuple(dict.fromkeys((*known.locations, *finding.locations)))
            groups[key] = replace(known, locations=locations, severity=max(known.severity, finding.severity))
    return sorted(groups.values(), key=lambda finding: (-finding.severity, finding.probe, finding.locations))
