"""Coverage: what each probe tried, of what was applicable, and why the rest was not tried."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from theodore_qa.errors import NotEvaluatedError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

ALL = "all"  # the location of what concerns a whole probe
REST = "the rest"  # of the locations, where a probe had to end before it came to them


def internal_error(subject: str, error: Exception) -> str:
    """The reason of what broke off by a fault of this project."""
    return f"{subject} failed with an internal error ({error}): please report it"


class NotApplicableError(NotEvaluatedError):
    """The system has nothing that could have the weakness."""


@dataclass
class Coverage:
    """What the verdict on one probe rests on: the locations that were tried, and the others with their reasons.

    Of those that were not tried, some do not have what the weakness needs, and some are left out on purpose: by the description,
    with a reason, or because the scan may not change anything. The others are open, and there is no verdict while too many are.
    """

    tried: set[str] = field(default_factory=set)
    skipped: dict[str, str] = field(default_factory=dict)
    not_applicable: set[str] = field(default_factory=set)
    waived: set[str] = field(default_factory=set)
    failed: str = ""  # why the probe broke off by a fault of its own
    samples: tuple[str, ...] = ()  # some of the requests with which it tried them, as lines for curl
    began: dt.datetime | None = None
    ended: dt.datetime | None = None

    def skip(self, location: str, reason: str, *, applicable: bool = True, waived: bool = False) -> None:
        """Record that a location could not be tried, and why; the first reason counts."""
        if location not in self.skipped:
            self.skipped[location] = reason
            self.not_applicable |= set() if applicable else {location}
            self.waived |= {location} if waived else set()

    def resume(self, reason: str) -> None:
        """Forget that something was not tried for this reason: it is tried now."""
        for location in [location for location, why in self.skipped.items() if why == reason]:
            del self.skipped[location]
            self.not_applicable.discard(location)
            self.waived.discard(location)

    @property
    def untried(self) -> dict[str, str]:
        """The locations at which nothing was tried although the weakness could be there, with the reasons."""
        return {
            location: reason
            for location, reason in self.skipped.items()
            if location not in self.tried and location not in self.not_applicable
        }

    @property
    def open(self) -> dict[str, str]:
        """The locations that were not tried, and not left out on purpose, with the reasons."""
        return {location: reason for location, reason in self.untried.items() if location not in self.waived}

    @property
    def applies(self) -> bool:
        """Whether anything could have the weakness, as far as is known."""
        return bool(self.tried or self.untried) or bool(self.failed)

    def undecided(self, sufficient: float = 1.0) -> str:
        """Why too little was tried for a verdict; empty if at least the ``sufficient`` share was."""
        if self.failed:
            return self.failed
        left = self.open
        of = len(left) + len(self.tried)
        if REST in left:
            return left[REST]
        if not left or (self.tried and len(self.tried) >= sufficient * of):
            return ""
        if set(left) == {ALL}:
            return left[ALL]
        most_common = Counter(left.values()).most_common(1)[0][0]
        return f"{len(left)} of {of} locations could not be tried: {most_common}"

    def __str__(self) -> str:
        return f"{len(self.tried)} of {len(self.tried) + len(self.untried)} locations"


class ScanCoverage(dict[str, Coverage]):
    """The coverage of a scan by probe id; safe to use from several threads.

    ``left_out`` says of a location whether its operation is left out on purpose.
    """

    def __init__(self, left_out: Callable[[str], bool] = lambda _: False) -> None:
        super().__init__()
        self._left_out = left_out
        self._lock = threading.RLock()

    def of(self, probe_id: str) -> Coverage:
        """The coverage of a probe, an empty one if it has recorded nothing yet."""
        with self._lock:
            return self.setdefault(probe_id, Coverage())

    def tried(self, probe_id: str, location: str) -> None:
        """Record that a location was tried, after a control request that succeeded."""
        with self._lock:
            self.of(probe_id).tried.add(location)

    def skip(self, probe_id: str, location: str, reason: str | Exception, *, waived: bool = False) -> None:
        """Record that a location could not be tried, and why."""
        with self._lock:
            applicable = not isinstance(reason, NotApplicableError)
            self.of(probe_id).skip(location, str(reason), applicable=applicable, waived=waived or self._left_out(location))

    def not_tried(self, probe_id: str, location: str, reason: str | Exception) -> None:
        """Record that a location could not be tried to the end, although it was begun, and why."""
        with self._lock:
            self.of(probe_id).tried.discard(location)
            self.skip(probe_id, location, reason)
