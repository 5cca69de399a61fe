"""The time that a scan may take: what each attack gets of it, in which order, and what is said of those that got too little."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from SecurityLibrary.findings.finding import Severity
from SecurityLibrary.sending.pacing import Turn
from theodore_qa.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from SecurityLibrary.probes.base import Probe

WORTH = {Severity.CRITICAL: 10, Severity.HIGH: 7, Severity.MEDIUM: 5, Severity.LOW: 2, Severity.INFO: 1}
AHEAD = 6  # times its share that an attack may take: most take less, and those that find much take long
FIRST = 2  # times its share where it goes on later, with what is left once each has had a turn
KEPT = 0.5  # of the share of each attack that waits, which none before it may take
OF_TIMEOUT = 0.9  # of what a test has left: what was changed is put back, and findings are written, in the rest
LEAST = 0.5  # seconds that each attack gets while there are any
LAST = (
    "redos",
    "deserialization",
    "prototype-pollution",
    "size-limit",
)  # what may slow the system down comes last, whatever it is worth


# What few systems have, and many places are tried for: of the weaknesses of some five hundred that outsiders built into
# services, each was one or none in a hundred. Where the time is short, such as these come after what is usual.
SELDOM = (
    "hidden-filters",
    "path-spelling",
    "stored-sql-injection",
    "code-injection",
    "ldap-injection",
    "xpath-injection",
    "header-injection",
    "log4shell",
    "hidden-switches",
)
OF_SELDOM = 0.4  # of the worth of what is usual


class AllottedTime:
    """The seconds that a scan may take in all, from now on; None where nobody limits them.

    An attack may take several times its share by what its finding would be worth, but of those that wait half of their shares is
    kept for them: each gets a turn. Those that can go on where they were get a second one, of what is left.
    """

    def __init__(self, seconds: float | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds, self.clock = seconds, clock
        self.began = clock()
        self._short = False  # whether all attacks take longer than that
        self._at_start, self._worth = 0.0, 0.0  # the seconds that there were before the first attack, and what all are worth

    @classmethod
    def within(cls, given: float | None, timeout: float | None) -> AllottedTime:
        """The time that somebody gives a scan, at most what the timeout of the running test leaves for it, both in seconds.

        Raises:
            UsageError: What is given is not above 0.
        """
        if given is not None and given <= 0:
            raise UsageError(f"A scan within {given:g} s can try nothing: give it a time above 0, such as 15 minutes.")
        limits = [limit for limit in (given, timeout * OF_TIMEOUT if timeout is not None else None) if limit is not None]
        return cls(min(limits, default=None))

    @property
    def left(self) -> float:
        """The seconds that are left; endless where nobody limits them."""
        return float("inf") if self.seconds is None else self.began + self.seconds - self.clock()

    def ordered(self, probes: Sequence[Probe], usual: float) -> list[Probe]:
        """Attacks in the order of their turns: as they stand, unless answers that take so long leave no time for all.

        Args:
            probes: The attacks in the order in which they disturb each other least.
            usual: How long all of them would take, in seconds.
        """
        self._at_start, self._worth = max(0.0, self.left), sum(map(worth, probes))
        self._short = usual > self.left
        if not self._short:
            return list(probes)
        return sorted(probes, key=lambda probe: (probe.id in LAST, probe.severity < Severity.MEDIUM, probe.id in SELDOM))

    def whole(self) -> Turn | None:
        """All of the time, for what is looked up before the first attack; None where nobody limits it."""
        if self.seconds is None:
            return None
        reason = f"the {self.seconds:.0f} s that the scan may take were over before the first attack"
        return Turn(self.began + self.seconds, reason, self.clock)

    def _fair(self, probe: Probe) -> float:
        """The seconds that an attack would get if each took its share."""
        return (self._at_start or self.left) * worth(probe) / (self._worth or worth(probe))

    def again(self, probes: Sequence[Probe]) -> list[Probe]:
        """The attacks whose first turn was over too soon, in the order of their second one, while there is time."""
        if self.left < LEAST:
            return []
        self._at_start, self._worth = self.left, sum(map(worth, probes))
        self._short = False
        return sorted(probes, key=lambda probe: (probe.id in LAST, -worth(probe)))

    def turn(self, probe: Probe, waiting: Sequence[Probe], latency: float) -> Turn | None:
        """The turn of an attack before those that are ``waiting``; None where nobody limits the time.

        ``latency`` is how long an answer takes, in seconds, for whoever asks why it was not tried to the end.
        """
        if self.seconds is None:
            return None
        left = max(0.0, self.left)
        kept = KEPT * sum(map(self._fair, waiting))
        most = FIRST if probe.resumable and self._short else AHEAD
        seconds = min(left, max(LEAST, min(most * self._fair(probe), left - kept)))
        what = f"its {seconds:.0f} s were over before all was tried" if seconds else "there was no time left for it"
        reason = f"{what}: the scan may take {self.seconds:.0f} s, and an answer takes {latency:.2f} s"
        return Turn(self.clock() + seconds, reason, self.clock)


def worth(probe: Probe) -> float:
    """What a finding of an attack would be worth, less where few systems have the weakness."""
    return WORTH[probe.severity] * (OF_SELDOM if probe.id in SELDOM else 1)
