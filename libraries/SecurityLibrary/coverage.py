"""Coverage: what each probe tried, of what was applicable, and why the rest was skipped."""

from __future__ import annotations

import re
import threading
from collections import Counter
from dataclasses import dataclass, field

HINDERED = re.compile(
    r"the description is not understood|answered (401|429|5\d\d)$|was not answered|^the session of|limited \(429\)"
    r"|could not sign in|which is not set"
)


@dataclass
class Coverage:
    """What the verdict on one probe rests on: the locations that were tried, and the skipped ones with their reasons."""

    tried: set[str] = field(default_factory=set)
    skipped: dict[str, str] = field(default_factory=dict)
    failed: str = ""  # why the probe broke off by a fault of its own

    def skip(self, location: str, reason: str) -> None:
        """Record that a location could not be tried, and why; the first reason counts."""
        self.skipped.setdefault(location, reason)

    @property
    def untried(self) -> dict[str, str]:
        """The skipped locations at which nothing else was tried either, with the reasons."""
        return {location: reason for location, reason in self.skipped.items() if location not in self.tried}

    @property
    def undecided(self) -> str:
        """Why too little was tried for a verdict; empty if enough was.

        What does not concern an API, or was skipped on purpose, does not count. What the system refused, limited or failed to
        answer does: if that is more than what was tried, there is no verdict.
        """
        if self.failed:
            return self.failed
        hindered = [reason for reason in self.untried.values() if HINDERED.search(reason)]
        if len(hindered) <= len(self.tried):
            return ""
        most_common = Counter(hindered).most_common(1)[0][0]
        return f"{len(hindered)} of {len(hindered) + len(self.tried)} locations could not be tried: {most_common}"

    def __str__(self) -> str:
        return f"{len(self.tried)} of {len(self.tried) + len(self.untried)} locations"


class ScanCoverage(dict[str, Coverage]):
    """The coverage of a scan by probe id; safe to use from several threads."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.RLock()

    def of(self, probe_id: str) -> Coverage:
        """The coverage of a probe, an empty one if it has recorded nothing yet."""
        with self._lock:
            return self.setdefault(probe_id, Coverage())

    def tried(self, probe_id: str, location: str) -> None:
        """Record that a location was tried, after a control request that succeeded."""
        with self._lock:
            self.of(probe_id).tried.add(location)

    def skip(self, probe_id: str, location: str, reason: str) -> None:
        """Record that a location could not be tried, and why."""
        with self._lock:
            self.of(probe_id).skip(location, reason)
